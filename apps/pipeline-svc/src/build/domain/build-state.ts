import type {
  BuildOutcome,
  EpochMs,
  JobId,
  JobOutcome,
  PlannedJobSummary,
  ProjectId,
  Reason,
  RunnerId,
  StepId,
} from '@cyclone/contracts';

/** A running step keeps when it began, so that closing it for its runner loses nothing. */
export type StepState =
  | { readonly status: 'waiting' }
  | { readonly status: 'running'; readonly startedAt: EpochMs }
  | { readonly status: 'ended' };

interface JobNode {
  readonly planned: PlannedJobSummary;
}

export interface RunningJob extends JobNode {
  readonly status: 'running';
  readonly attempt: number;
  /** Stream version of the `JobClaimed` that began this attempt. */
  readonly fence: number;
  readonly runnerId: RunnerId;
  readonly claimedAt: EpochMs;
  readonly steps: ReadonlyMap<StepId, StepState>;
}

export type JobState =
  | (JobNode & { readonly status: 'waiting' })
  | (JobNode & { readonly status: 'queued'; readonly attempt: number; readonly queuedAt: EpochMs })
  | RunningJob
  | (JobNode & { readonly status: 'ended'; readonly attempt: number; readonly outcome: JobOutcome });

export type JobStates = ReadonlyMap<JobId, JobState>;

export interface CancelState {
  readonly reason: Reason;
  readonly outcome: 'cancelled' | 'timed_out';
}

interface Requested {
  readonly projectId: ProjectId;
}

export interface OpenBuild extends Requested {
  readonly status: 'open';
  readonly jobs: JobStates;
  readonly cancel?: CancelState;
}

export type BuildState =
  | { readonly status: 'unknown' }
  | (Requested & { readonly status: 'requested' })
  | OpenBuild
  | (Requested & { readonly status: 'finished'; readonly outcome: BuildOutcome });

export const initialBuildState: BuildState = { status: 'unknown' };
