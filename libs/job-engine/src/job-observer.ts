import type { LogSummary, Reason, StepId, StepOutcome } from '@cyclone/contracts';
import type { LogChunkSink } from './logs/log-chunk.js';

export interface StepStart {
  readonly stepId: StepId;
  readonly startedAt: number;
  readonly image?: string;
  readonly imageDigest?: string;
}

export interface StepEnd {
  readonly stepId: StepId;
  readonly outcome: StepOutcome;
  readonly exitCode?: number;
  readonly reason?: Reason;
  readonly ignored: boolean;
  /** Missing for a step that was skipped. */
  readonly startedAt?: number;
  readonly endedAt: number;
  readonly log?: LogSummary;
}

export interface PublishedImageNote {
  readonly stepId: StepId;
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly sizeBytes?: number;
}

/**
 * What the engine tells its host. Each call is awaited before the engine goes on with that step, so a host that
 * journals may be sure that nothing later happened yet: `stepEnded` comes before the step's container is removed.
 * For one step the order is logSink?, stepStarted?, imagePublished*, stepEnded; a skipped step has only its end.
 */
export interface JobObserver {
  logSink(stepId: StepId): LogChunkSink;
  stepStarted(start: StepStart): Promise<void>;
  stepEnded(end: StepEnd): Promise<void>;
  imagePublished(image: PublishedImageNote): Promise<void>;
  /** Resolves when images may be pushed or tagged; a host that is cut off from its server lets it wait. */
  permitPublish(signal: AbortSignal): Promise<void>;
}
