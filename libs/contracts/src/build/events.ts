import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { CommitSha, Digest, JobId, ProjectId, RunnerId, SecretName, StepId } from '../ids.js';
import { FileProblem, Stage } from '../plan/plan.js';
import { Trigger } from './trigger.js';

export const JobOutcome = z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'skipped', 'lost']);
export type JobOutcome = z.infer<typeof JobOutcome>;

export const StepOutcome = z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'skipped']);
export type StepOutcome = z.infer<typeof StepOutcome>;

export const BuildOutcome = z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'rejected']);
export type BuildOutcome = z.infer<typeof BuildOutcome>;

/** Why, for people and programs: a stable code and a sentence. */
export const Reason = z.object({ code: z.string().max(100), message: z.string().max(2000) });
export type Reason = z.infer<typeof Reason>;

/** What a step wrote, as its runner counted it after masking: log-svc must come to the same. */
export const LogSummary = z.object({
  bytes: z.number().int().nonnegative(),
  lines: z.number().int().nonnegative(),
  crc32: z.number().int().nonnegative(),
  truncated: z.boolean(),
});
export type LogSummary = z.infer<typeof LogSummary>;

/** A plan in small: enough to draw the graph; the whole plan is stored beside under its digest. */
export const PlannedStepSummary = z.object({
  id: StepId,
  name: z.string(),
  stage: Stage,
  kind: z.enum(['clone', 'run', 'build-image', 'publish-image']),
  needs: z.array(StepId),
});
export type PlannedStepSummary = z.infer<typeof PlannedStepSummary>;

export const PlannedJobSummary = z.object({
  id: JobId,
  name: z.string(),
  needs: z.array(JobId),
  runWhen: z.enum(['success', 'failure', 'always']),
  labels: z.record(z.string(), z.string()),
  timeoutMs: z.number().int().positive(),
  steps: z.array(PlannedStepSummary),
});
export type PlannedJobSummary = z.infer<typeof PlannedJobSummary>;

const attempt = { jobId: JobId, attempt: z.number().int().positive() };
/** The stream version of the `JobClaimed` that gave this attempt its runner. */
const fenced = { ...attempt, fence: z.number().int().positive() };

export const BuildRequested = defineEvent({
  type: 'BuildRequested',
  version: 1,
  stream: 'build',
  meaning: 'Somebody or something asked for a build; nothing has been looked at yet.',
  schema: z.object({
    projectId: ProjectId,
    /** Rises within a project; numbers may be missing, never repeated. */
    number: z.number().int().positive(),
    trigger: Trigger,
    /** Outsiders' code gets no secrets and the base branch's pipeline file. */
    trust: z.enum(['trusted', 'untrusted']),
    repositoryUrl: z.string(),
    pipelineFile: z.string().optional(),
    /** Which version of each secret this build sees, whatever is changed later. */
    secretVersions: z.array(z.object({ name: SecretName, version: z.number().int().positive() })),
    /** Milliseconds that the whole build may take. */
    timeoutMs: z.number().int().positive(),
  }),
});

export const BuildPlanned = defineEvent({
  type: 'BuildPlanned',
  version: 1,
  stream: 'build',
  meaning: 'The pipeline file at the commit became a plan; from here on only the plan counts.',
  schema: z.object({
    sha: CommitSha,
    ref: z.string(),
    commit: z.object({
      message: z.string(),
      authorName: z.string(),
      authorEmail: z.string().optional(),
      committedAt: EpochMs.optional(),
    }),
    /** `ci_<sha>`, `tag_<tag>` or `pr_<number>_<sha>`: the build's name and default image tag. */
    versionName: z.string(),
    planDigest: Digest,
    file: z.object({ path: z.string(), digest: Digest, format: z.enum(['cyclone', 'caicloud-2016', 'none']) }),
    jobs: z.array(PlannedJobSummary),
    warnings: z.array(FileProblem),
  }),
});

export const BuildRejected = defineEvent({
  type: 'BuildRejected',
  version: 1,
  stream: 'build',
  meaning: 'No plan could be made: the file has errors, or the repository could not be read.',
  schema: z.object({ reason: Reason, problems: z.array(FileProblem) }),
});

export const JobQueued = defineEvent({
  type: 'JobQueued',
  version: 1,
  stream: 'build',
  meaning: 'Everything the job needs has ended well; it waits for a runner.',
  schema: z.object({ ...attempt }),
});

export const JobClaimed = defineEvent({
  type: 'JobClaimed',
  version: 1,
  stream: 'build',
  meaning: 'A runner took the job. The stream version of this event is the fence of the attempt.',
  schema: z.object({ ...attempt, runnerId: RunnerId, runnerName: z.string() }),
});

export const StepStarted = defineEvent({
  type: 'StepStarted',
  version: 1,
  stream: 'build',
  meaning: "The step's work began on the runner.",
  schema: z.object({
    ...fenced,
    stepId: StepId,
    startedAt: EpochMs,
    image: z.string().optional(),
    imageDigest: z.string().optional(),
  }),
});

export const StepEnded = defineEvent({
  type: 'StepEnded',
  version: 1,
  stream: 'build',
  meaning: 'The step ended, with its exit code where it had one.',
  schema: z.object({
    ...fenced,
    stepId: StepId,
    outcome: StepOutcome,
    exitCode: z.number().int().optional(),
    reason: Reason.optional(),
    /** A failure that the pipeline file said to ignore. */
    ignored: z.boolean(),
    startedAt: EpochMs.optional(),
    endedAt: EpochMs,
    log: LogSummary.optional(),
  }),
});

export const ImagePublished = defineEvent({
  type: 'ImagePublished',
  version: 1,
  stream: 'build',
  meaning: 'An image is in its registry under this digest, with the tags named here.',
  schema: z.object({
    ...fenced,
    stepId: StepId,
    repository: z.string(),
    digest: Digest,
    tags: z.array(z.string()),
    sizeBytes: z.number().int().nonnegative().optional(),
  }),
});

export const JobLost = defineEvent({
  type: 'JobLost',
  version: 1,
  stream: 'build',
  meaning: "The attempt's runner was not heard of for its lease; the attempt is fenced off.",
  schema: z.object({ ...fenced, runnerId: RunnerId, reason: Reason }),
});

export const JobEnded = defineEvent({
  type: 'JobEnded',
  version: 1,
  stream: 'build',
  meaning: 'The job reached its end; a skipped one never began.',
  schema: z.object({ ...attempt, outcome: JobOutcome, reason: Reason.optional() }),
});

export const BuildCancelRequested = defineEvent({
  type: 'BuildCancelRequested',
  version: 1,
  stream: 'build',
  meaning: 'Somebody, a deadline or a newer commit asked to stop; running jobs are being told.',
  schema: z.object({ reason: Reason, outcome: z.enum(['cancelled', 'timed_out']) }),
});

export const BuildFinished = defineEvent({
  type: 'BuildFinished',
  version: 1,
  stream: 'build',
  meaning: 'The one end that every build reaches.',
  schema: z.object({ outcome: BuildOutcome, reason: Reason.optional() }),
});

export const buildEvents = [
  BuildRequested,
  BuildPlanned,
  BuildRejected,
  JobQueued,
  JobClaimed,
  StepStarted,
  StepEnded,
  ImagePublished,
  JobLost,
  JobEnded,
  BuildCancelRequested,
  BuildFinished,
] as const;
export type BuildEvent = EventOf<typeof buildEvents>;
