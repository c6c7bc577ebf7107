import type { StepId } from '@cyclone/contracts';
import type { EndedStep } from './job-progress.js';
import type { LogPosition } from './logs/log-chunk.js';

/** What a host that restarted knows of a step that had not ended. */
export interface ResumedStep {
  /** When its start was reported; without it the step may be started if no container of it is found. */
  readonly startedAt?: number;
  /** Where its log stood in the last chunk that the host holds. */
  readonly log?: LogPosition;
}

/** What a host that restarted knows of the attempt: all of it, or the engine would run a step twice. */
export interface ResumeState {
  readonly ended: ReadonlyMap<StepId, EndedStep>;
  readonly open: ReadonlyMap<StepId, ResumedStep>;
  /** Digests that build steps had pushed. */
  readonly digests: ReadonlyMap<StepId, string>;
}
