import type { BuildId, EpochMs, JobId, LogSummary, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import type { ContiguousPrefix } from '../ingest/domain/chunk-sequence.js';

/** Names one attempt's log of one step. The fence tells attempts apart; the newest is the step's current log. */
export interface AttemptKey {
  readonly buildId: BuildId;
  readonly stepId: StepId;
  readonly fence: number;
}

export interface AttemptIdentity extends AttemptKey {
  readonly projectId: ProjectId;
  readonly jobId: JobId;
  readonly runnerId: RunnerId;
}

/** The runner's word on how long the log is: `seq` chunks, summing up to `summary`. */
export interface SealRequest {
  readonly seq: number;
  readonly summary: LogSummary;
}

/**
 * `open` until its sum was checked; `sealed` or `damaged` says how that ended; `expired` means that retention has
 * removed the bytes. Only `open` ones take chunks.
 */
export type AttemptState = 'open' | 'sealed' | 'damaged' | 'expired';

export interface LogAttempt extends AttemptIdentity {
  readonly state: AttemptState;
  readonly prefix: ContiguousPrefix;
  readonly seal?: SealRequest;
  readonly firstAt?: EpochMs;
  readonly lastAt?: EpochMs;
  /** When anything of it was last received, by this service's clock. */
  readonly touchedAt: EpochMs;
}

export interface NewChunk {
  readonly seq: number;
  readonly offset: number;
  readonly at: EpochMs;
  readonly data: Uint8Array;
}

/** What one batch brought for one attempt, chunks in any order. */
export interface LogDelta {
  readonly attempt: AttemptIdentity;
  readonly chunks: readonly NewChunk[];
  readonly seal?: SealRequest;
}

export type PutResult =
  /** `fresh`: the chunks that were not there before, in ascending `seq`. */
  | { readonly kind: 'stored'; readonly attempt: LogAttempt; readonly fresh: readonly NewChunk[] }
  /** The step's log belongs to another job of the build: a step has one job for ever. */
  | { readonly kind: 'foreign'; readonly ownerJobId: JobId };

export interface StoredChunk {
  readonly seq: number;
  readonly offset: number;
  readonly at: EpochMs;
  readonly data: Uint8Array;
}

/**
 * Log bytes, in chunks that never change once stored.
 *
 * - `put` takes deltas of different attempts (one delta each) and resolves when all is durable. A chunk whose
 *   (build, step, fence, seq) is there is left as it is, whatever its bytes. It may be repeated after any failure, and
 *   any number of processes may put at once, also to the same attempt. Chunks for an attempt that is not `open` are
 *   dropped, and the attempt is answered as it stands.
 * - Chunks may arrive in any order. Reading shows the contiguous prefix only, so what was read once never changes.
 * - `close` ends an open attempt, once: later calls change nothing.
 * - `forget` removes an attempt's bytes and leaves the attempt as `expired`. It may be repeated.
 */
export interface LogStore {
  put(deltas: readonly LogDelta[], now: EpochMs): Promise<readonly PutResult[]>;
  attempt(key: AttemptKey): Promise<LogAttempt | undefined>;
  /** The step's current log. */
  newestAttempt(buildId: BuildId, stepId: StepId): Promise<LogAttempt | undefined>;
  /** Every attempt of every step of a build, by step, then by fence. */
  attemptsOf(buildId: BuildId): Promise<readonly LogAttempt[]>;
  /** At most `limit` bytes of the prefix from `offset` on; fewer only where the prefix ends. */
  readRange(attempt: LogAttempt, offset: number, limit: number): Promise<Uint8Array>;
  /** The prefix's chunks in order, one page in memory at a time. */
  chunksOf(attempt: LogAttempt): AsyncIterable<StoredChunk>;
  close(key: AttemptKey, state: 'sealed' | 'damaged'): Promise<void>;
  /** Open attempts that nothing was received for since `before`, the longest silent first. */
  silentSince(before: EpochMs, limit: number): Promise<readonly LogAttempt[]>;
  /** Ended or open attempts that were last touched before this, and still have their bytes. */
  olderThan(before: EpochMs, limit: number): Promise<readonly LogAttempt[]>;
  forget(key: AttemptKey): Promise<void>;
}
