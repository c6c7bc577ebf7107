import {
  type BuildId,
  BuildId as BuildIdSchema,
  pipelineAsks,
  ProjectId,
  type RouteDefinition,
} from '@cyclone/contracts';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { type Asks, refusalOf } from '../asks.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Caller } from '../auth/caller.js';
import { coversInstallation, coversProject, roleReaches } from '../auth/scope.js';
import { addressOf, stateOf } from './call.js';
import { routeKey } from './handles.js';
import { notFound, ProblemError } from './problem-error.js';

const rememberedMax = 20_000;

/** Which project a build belongs to: never changes, so it is asked once. */
export const createBuildOwners = (asks: Asks): ((buildId: BuildId) => Promise<ProjectId | undefined>) => {
  const remembered = new Map<BuildId, ProjectId>();
  return async (buildId) => {
    const known = remembered.get(buildId);
    if (known !== undefined) return known;
    try {
      const { projectId } = await asks.ask(pipelineAsks.getBuild, { buildId });
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(buildId, projectId);
      return projectId;
    } catch (error) {
      if (refusalOf(error)?.kind === 'not-found') return undefined;
      throw error;
    }
  };
};

export type BuildOwners = ReturnType<typeof createBuildOwners>;

/** The one rule of who gets through, for REST and sockets alike. */
export const authorize = async (
  caller: Caller,
  route: RouteDefinition,
  params: Readonly<Record<string, unknown>>,
  ownerOf: BuildOwners,
): Promise<void> => {
  if (route.access.kind !== 'token') return;
  const { role, of } = route.access;
  if (of === 'project') {
    const projectId = ProjectId.safeParse(params['projectId']);
    if (!projectId.success || !coversProject(caller.scope, projectId.data)) throw notFound('project');
  }
  if (of === 'build') {
    const buildId = BuildIdSchema.safeParse(params['buildId']);
    const projectId = buildId.success ? await ownerOf(buildId.data) : undefined;
    if (projectId === undefined || !coversProject(caller.scope, projectId)) throw notFound('build');
  }
  const isEnough = roleReaches(caller.scope.role, role) && (of !== 'installation' || coversInstallation(caller.scope));
  if (!isEnough)
    throw new ProblemError(403, 'role-too-low', `this needs the role ${role}; the token has ${caller.scope.role}`);
};

/** Default deny: a method without a route of the table answers as if it were not there. */
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly ownerOf: BuildOwners,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route: RouteDefinition | undefined = Reflect.getMetadata(routeKey, context.getHandler());
    if (route === undefined) throw notFound('page');
    if (route.access.kind !== 'token') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.authenticator.fromHeader(request.headers.authorization, addressOf(request));
    await authorize(caller, route, request.params, this.ownerOf);
    stateOf(request).caller = caller;
    return true;
  }
}
