import { z } from 'zod';
import { BuildView, EventPage } from '../build/views.js';
import { BuildId, CommitSha, ProjectId, StepId } from '../ids.js';
import { Plan } from '../plan/plan.js';
import { BuildPage, CancelBuildBody, ImagePage, LogIndex, RunnerList, StartBuildBody } from './bodies.js';
import { defineRoute } from './route.js';
import { after, limit, ofBuild, ofProject, token } from './route-parts.js';

/** `?at=4711` is a position, `?at=2026-01-31T12:00:00Z` a time. */
const at = z
  .string()
  .max(40)
  .regex(
    /^(?:[1-9]\d{0,15}|\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))$/,
    'a position, or a time like 2026-01-31T12:00:00Z',
  )
  .optional();
const buildFilter = {
  status: z.enum(['requested', 'queued', 'running', 'cancelling', 'finished']).optional(),
  outcome: z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'rejected']).optional(),
  ref: z.string().max(500).optional(),
  sha: CommitSha.optional(),
};

export const buildRoutes = {
  startBuild: defineRoute({
    id: 'startBuild',
    method: 'POST',
    path: '/api/v1/projects/{projectId}/builds',
    tag: 'Builds',
    summary: 'Start a build by hand.',
    access: token('developer', 'project'),
    params: ofProject,
    body: StartBuildBody,
    idempotencyKey: true,
    reply: { status: 201, meaning: 'Requested', schema: BuildView, etag: true },
  }),
  listProjectBuilds: defineRoute({
    id: 'listProjectBuilds',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/builds',
    tag: 'Builds',
    summary: 'Builds of a project, newest first.',
    access: token('viewer', 'project'),
    params: ofProject,
    query: z.strictObject({ after, limit, ...buildFilter }),
    reply: { status: 200, meaning: 'A page', schema: BuildPage },
  }),
  listBuilds: defineRoute({
    id: 'listBuilds',
    method: 'GET',
    path: '/api/v1/builds',
    tag: 'Builds',
    summary: 'Builds of all covered projects, newest first.',
    access: token('viewer', 'covered'),
    query: z.strictObject({ after, limit, ...buildFilter, project: ProjectId.optional() }),
    reply: { status: 200, meaning: 'A page', schema: BuildPage },
  }),
  getBuild: defineRoute({
    id: 'getBuild',
    method: 'GET',
    path: '/api/v1/builds/{buildId}',
    tag: 'Builds',
    summary: 'A build as it is, or as it was at a position or time.',
    access: token('viewer', 'build'),
    params: ofBuild,
    query: z.strictObject({ at }),
    reply: { status: 200, meaning: 'The build', schema: BuildView, etag: true },
  }),
  getPlan: defineRoute({
    id: 'getPlan',
    method: 'GET',
    path: '/api/v1/builds/{buildId}/plan',
    tag: 'Builds',
    summary: 'What the pipeline file became.',
    access: token('viewer', 'build'),
    params: ofBuild,
    reply: { status: 200, meaning: 'The plan', schema: Plan },
  }),
  listBuildEvents: defineRoute({
    id: 'listBuildEvents',
    method: 'GET',
    path: '/api/v1/builds/{buildId}/events',
    tag: 'Builds',
    summary: 'What happened, by whom and why.',
    access: token('viewer', 'build'),
    params: ofBuild,
    query: z.strictObject({ after, limit: z.coerce.number().int().min(1).max(500).default(200) }),
    reply: { status: 200, meaning: 'A page, oldest first', schema: EventPage },
  }),
  cancelBuild: defineRoute({
    id: 'cancelBuild',
    method: 'POST',
    path: '/api/v1/builds/{buildId}/cancel',
    tag: 'Builds',
    summary: 'Stop it.',
    access: token('developer', 'build'),
    params: ofBuild,
    body: CancelBuildBody,
    idempotencyKey: true,
    reply: { status: 202, meaning: 'Being stopped', schema: BuildView },
  }),
  rerunBuild: defineRoute({
    id: 'rerunBuild',
    method: 'POST',
    path: '/api/v1/builds/{buildId}/rerun',
    tag: 'Builds',
    summary: 'Build the same commit again.',
    access: token('developer', 'build'),
    params: ofBuild,
    idempotencyKey: true,
    reply: { status: 201, meaning: 'The new build', schema: BuildView, etag: true },
  }),
  indexLogs: defineRoute({
    id: 'indexLogs',
    method: 'GET',
    path: '/api/v1/builds/{buildId}/logs',
    tag: 'Logs',
    summary: 'Which steps have written how much.',
    access: token('viewer', 'build'),
    params: ofBuild,
    reply: { status: 200, meaning: 'One entry a step', schema: LogIndex },
  }),
  readStepLog: defineRoute({
    id: 'readStepLog',
    method: 'GET',
    path: '/api/v1/builds/{buildId}/logs/{stepId}',
    tag: 'Logs',
    summary: "One step's log as it was written. Takes a Range of bytes.",
    access: token('viewer', 'build'),
    params: z.strictObject({ buildId: BuildId, stepId: StepId }),
    query: z.strictObject({
      fence: z.coerce.number().int().positive().optional(),
      download: z.enum(['yes', 'no']).default('no'),
    }),
    reply: { status: 200, meaning: 'The bytes', mediaType: 'text/plain' },
  }),
  readBuildLog: defineRoute({
    id: 'readBuildLog',
    method: 'GET',
    path: '/api/v1/builds/{buildId}/log',
    tag: 'Logs',
    summary: "All steps' logs as one text, a heading before each.",
    access: token('viewer', 'build'),
    params: ofBuild,
    query: z.strictObject({ download: z.enum(['yes', 'no']).default('no') }),
    reply: { status: 200, meaning: 'The text', mediaType: 'text/plain' },
    socket: 'The log as it grows, history first: frames of `LogFrame`.',
  }),
  listImages: defineRoute({
    id: 'listImages',
    method: 'GET',
    path: '/api/v1/images',
    tag: 'Images',
    summary: 'What builds published, newest first.',
    access: token('viewer', 'covered'),
    query: z.strictObject({ after, limit, project: ProjectId.optional() }),
    reply: { status: 200, meaning: 'A page', schema: ImagePage },
  }),
  listRunners: defineRoute({
    id: 'listRunners',
    method: 'GET',
    path: '/api/v1/runners',
    tag: 'Runners',
    summary: 'Who takes jobs. What they hold is shown to tokens that cover everything.',
    access: token('viewer', 'covered'),
    reply: { status: 200, meaning: 'All of them', schema: RunnerList },
  }),
} as const;
