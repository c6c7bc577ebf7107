import { type ProjectId, Role, type TokenScope } from '@cyclone/contracts';

/** Pure rules of who may do what where. Roles go up in this order, and each includes the ones below. */
export const roleReaches = (held: Role, needed: Role): boolean =>
  Role.options.indexOf(held) >= Role.options.indexOf(needed);

export const coversProject = (scope: TokenScope, projectId: ProjectId): boolean =>
  scope.projects === '*' || scope.projects.includes(projectId);

export const coversInstallation = (scope: TokenScope): boolean => scope.projects === '*';

/** For asks that take a list of projects: undefined is all of them. */
export const projectsOf = (scope: TokenScope): ProjectId[] | undefined =>
  scope.projects === '*' ? undefined : [...scope.projects];

/** Whose events the bearer may see: the tenants of the feed. An administrator also sees what belongs to nobody. */
export const tenantsOf = (scope: TokenScope): string[] | undefined =>
  scope.projects === '*' ? undefined : [...scope.projects];

export const seesTenant = (scope: TokenScope, tenant: string): boolean =>
  scope.projects === '*' ? scope.role === 'admin' || tenant !== '_' : scope.projects.some((id) => id === tenant);
