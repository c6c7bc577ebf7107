import { z } from 'zod';
import { BuildId, ProjectId } from '../ids.js';
import type { RouteAccess } from './route.js';

/** What the tables of routes share. */
export const open: RouteAccess = { kind: 'open' };

type OfToken = Extract<RouteAccess, { kind: 'token' }>;
export const token = <const Role extends OfToken['role'], const Of extends OfToken['of']>(role: Role, of: Of) =>
  ({ kind: 'token', role, of }) as const;

export const ofProject = z.strictObject({ projectId: ProjectId });
export const ofBuild = z.strictObject({ buildId: BuildId });

export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const after = z.string().max(500).optional();
export const paging = z.strictObject({ after, limit });
