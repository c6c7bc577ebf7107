import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { BuildId, CommitSha, Digest, JobId, ProjectId, RunnerId, StepId } from '../ids.js';
import { LogSummary, Reason, StepOutcome } from '../build/events.js';
import { PlannedJob } from '../plan/plan.js';

export const heartbeatMs = 15_000;
/** Without a sign of life for this long a runner's jobs are lost. */
export const leaseMs = 60_000;
/** A job's token is renewed with a heartbeat and never lives longer than this. */
export const jobTokenMsMax = 2 * 60 * 60 * 1000;

export const RunnerLabels = z.record(z.string().max(100), z.string().max(200));

/** One attempt at a job, as a runner holds it. */
export const HeldJob = z.object({
  buildId: BuildId,
  jobId: JobId,
  attempt: z.number().int().positive(),
  fence: z.number().int().positive(),
});
export type HeldJob = z.infer<typeof HeldJob>;

/** Ask, every heartbeat and whenever slots change: who I am, what I can take, what I hold. */
export const RunnerAnnouncement = z.object({
  runnerId: RunnerId,
  name: z.string().max(200),
  pool: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  labels: RunnerLabels,
  executor: z.string().max(50),
  slots: z.number().int().nonnegative().max(1000),
  freeSlots: z.number().int().nonnegative().max(1000),
  held: z.array(HeldJob).max(1000),
  version: z.string().max(50),
  /** Drains: finishes what it holds and is offered nothing. */
  draining: z.boolean(),
});
export type RunnerAnnouncement = z.infer<typeof RunnerAnnouncement>;

export const RunnerOrders = z.object({
  /** Stop these: cancelled by somebody. Their end is still reported. */
  cancel: z.array(HeldJob),
  /** Stop these and forget them: another attempt owns the job, or the build is over. */
  drop: z.array(HeldJob),
  /** Fresh tokens for what goes on. */
  tokens: z.array(
    z.object({
      buildId: BuildId,
      jobId: JobId,
      fence: z.number().int().positive(),
      token: z.string(),
      expiresAt: EpochMs,
    }),
  ),
  leaseMs: z.number().int().positive(),
});
export type RunnerOrders = z.infer<typeof RunnerOrders>;

/** Work-queue message: an offer. The runner that takes it must claim before it works. */
export const JobOffer = z.object({
  projectId: ProjectId,
  buildId: BuildId,
  jobId: JobId,
  attempt: z.number().int().positive(),
  labels: RunnerLabels,
  offeredAt: EpochMs,
});
export type JobOffer = z.infer<typeof JobOffer>;

export const JobClaimRequest = z.object({
  runnerId: RunnerId,
  runnerName: z.string().max(200),
  buildId: BuildId,
  jobId: JobId,
  attempt: z.number().int().positive(),
});
export type JobClaimRequest = z.infer<typeof JobClaimRequest>;

export const SourceAccess = z.object({
  url: z.string(),
  ref: z.string(),
  sha: CommitSha,
  /** Set when the url is a folder on the runner's machine: mounted read-only, never cloned over a network. */
  localPath: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
});
export type SourceAccess = z.infer<typeof SourceAccess>;

/** All that a runner gets to do one attempt. Secrets are here and nowhere else; they live as long as the job. */
export const JobAssignment = z.object({
  projectId: ProjectId,
  buildId: BuildId,
  buildNumber: z.number().int().positive(),
  attempt: z.number().int().positive(),
  fence: z.number().int().positive(),
  trust: z.enum(['trusted', 'untrusted']),
  job: PlannedJob,
  planDigest: Digest,
  source: SourceAccess,
  /** `CI_*` and `CYCLONE_*` variables of every step. */
  environment: z.record(z.string(), z.string()),
  /** Values of exactly the secrets that the job's steps name. */
  secrets: z.record(z.string(), z.string()),
  registries: z.array(z.object({ host: z.string(), username: z.string().optional(), password: z.string().optional() })),
  token: z.string(),
  tokenExpiresAt: EpochMs,
  /** When the build as a whole runs out of time. */
  deadlineAt: EpochMs,
});
export type JobAssignment = z.infer<typeof JobAssignment>;

const reportCommon = {
  /** Unique for ever; a repeated report has the same. */
  reportId: z.string().min(1).max(120),
  projectId: ProjectId,
  buildId: BuildId,
  jobId: JobId,
  attempt: z.number().int().positive(),
  fence: z.number().int().positive(),
  runnerId: RunnerId,
  at: EpochMs,
  token: z.string(),
};

/** What a runner says happened. The Build may refuse it: late, repeated and fenced-off ones decide to nothing. */
export const RunnerReport = z.discriminatedUnion('kind', [
  z.object({
    ...reportCommon,
    kind: z.literal('step-started'),
    stepId: StepId,
    startedAt: EpochMs,
    image: z.string().optional(),
    imageDigest: z.string().optional(),
  }),
  z.object({
    ...reportCommon,
    kind: z.literal('step-ended'),
    stepId: StepId,
    outcome: StepOutcome,
    exitCode: z.number().int().optional(),
    reason: Reason.optional(),
    ignored: z.boolean(),
    startedAt: EpochMs.optional(),
    endedAt: EpochMs,
    log: LogSummary.optional(),
  }),
  z.object({
    ...reportCommon,
    kind: z.literal('image-published'),
    stepId: StepId,
    repository: z.string(),
    digest: Digest,
    tags: z.array(z.string()),
    sizeBytes: z.number().int().nonnegative().optional(),
  }),
  z.object({
    ...reportCommon,
    kind: z.literal('job-ended'),
    outcome: z.enum(['succeeded', 'failed', 'cancelled', 'timed_out']),
    reason: Reason.optional(),
  }),
]);
export type RunnerReport = z.infer<typeof RunnerReport>;

/** pipeline-svc to runner, after the report was decided on: it may leave the journal. */
export const ReportConfirmation = z.object({ reportIds: z.array(z.string()) });
export type ReportConfirmation = z.infer<typeof ReportConfirmation>;

/** Core NATS, to be fast; the orders of the next heartbeat are the guarantee. */
export const CancelJobNotice = HeldJob;
export type CancelJobNotice = HeldJob;
