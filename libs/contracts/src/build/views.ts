import { z } from 'zod';
import { EpochMs, EventEnvelope } from '../envelope.js';
import { BuildId, CommitSha, Digest, JobId, ProjectId, RunnerId, StepId } from '../ids.js';
import { FileProblem, Stage } from '../plan/plan.js';
import { BuildOutcome, JobOutcome, LogSummary, Reason, StepOutcome } from './events.js';
import { Trigger } from './trigger.js';

export const BuildStatus = z.enum(['requested', 'queued', 'running', 'cancelling', 'finished']);
export type BuildStatus = z.infer<typeof BuildStatus>;

export const StepView = z.object({
  id: StepId,
  name: z.string(),
  stage: Stage,
  kind: z.enum(['clone', 'run', 'build-image', 'publish-image']),
  needs: z.array(StepId),
  status: z.enum(['waiting', 'running', 'ended']),
  outcome: StepOutcome.optional(),
  ignored: z.boolean(),
  exitCode: z.number().int().optional(),
  reason: Reason.optional(),
  startedAt: EpochMs.optional(),
  endedAt: EpochMs.optional(),
  image: z.string().optional(),
  imageDigest: z.string().optional(),
  /** The attempt whose log this is. */
  fence: z.number().int().positive().optional(),
  log: LogSummary.optional(),
});
export type StepView = z.infer<typeof StepView>;

export const JobView = z.object({
  id: JobId,
  name: z.string(),
  needs: z.array(JobId),
  labels: z.record(z.string(), z.string()),
  status: z.enum(['waiting', 'queued', 'running', 'ended']),
  outcome: JobOutcome.optional(),
  reason: Reason.optional(),
  attempt: z.number().int().nonnegative(),
  fence: z.number().int().positive().optional(),
  runnerId: RunnerId.optional(),
  runnerName: z.string().optional(),
  queuedAt: EpochMs.optional(),
  startedAt: EpochMs.optional(),
  endedAt: EpochMs.optional(),
  steps: z.array(StepView),
});
export type JobView = z.infer<typeof JobView>;

export const PublishedImage = z.object({
  stepId: StepId,
  repository: z.string(),
  digest: Digest,
  tags: z.array(z.string()),
  sizeBytes: z.number().int().nonnegative().optional(),
  publishedAt: EpochMs,
});
export type PublishedImage = z.infer<typeof PublishedImage>;

const summary = {
  id: BuildId,
  projectId: ProjectId,
  number: z.number().int().positive(),
  status: BuildStatus,
  outcome: BuildOutcome.optional(),
  reason: Reason.optional(),
  trigger: Trigger,
  trust: z.enum(['trusted', 'untrusted']),
  versionName: z.string().optional(),
  sha: CommitSha.optional(),
  ref: z.string().optional(),
  message: z.string(),
  authorName: z.string(),
  requestedAt: EpochMs,
  startedAt: EpochMs.optional(),
  finishedAt: EpochMs.optional(),
  /** Stream version and position of the last event folded in. */
  streamVersion: z.number().int().positive(),
  position: z.number().int().nonnegative(),
};

export const BuildSummary = z.object(summary);
export type BuildSummary = z.infer<typeof BuildSummary>;

/** A build as it is, or as it was: the fold of its events up to a point. */
export const BuildView = z.object({
  ...summary,
  repositoryUrl: z.string(),
  pipelineFile: z
    .object({ path: z.string(), digest: Digest, format: z.enum(['cyclone', 'caicloud-2016', 'none']) })
    .optional(),
  planDigest: Digest.optional(),
  problems: z.array(FileProblem),
  warnings: z.array(FileProblem),
  jobs: z.array(JobView),
  images: z.array(PublishedImage),
  cancel: z.object({ reason: Reason, requestedAt: EpochMs }).optional(),
});
export type BuildView = z.infer<typeof BuildView>;

/** The moment at which a view is wanted: a global position, or wall-clock time. */
export const At = z.union([z.object({ position: z.number().int().positive() }), z.object({ time: EpochMs })]);
export type At = z.infer<typeof At>;

export const EventPage = z.object({ items: z.array(EventEnvelope), nextCursor: z.string().optional() });
export type EventPage = z.infer<typeof EventPage>;
