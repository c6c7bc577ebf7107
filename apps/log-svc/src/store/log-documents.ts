import type { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import type { mongo } from 'mongoose';
import type { AttemptKey, AttemptState, LogAttempt, SealRequest } from './log-store.js';

/** `_id` carries (build, step, fence, seq), so its own index is the uniqueness and the order. `n` counts bytes before compression. */
export interface ChunkDocument {
  readonly _id: string;
  readonly k: string;
  readonly q: number;
  readonly o: number;
  readonly n: number;
  readonly at: number;
  readonly gz: boolean;
  readonly d: mongo.Binary;
}

export interface AttemptDocument {
  readonly _id: string;
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly stepId: StepId;
  readonly runnerId: RunnerId;
  readonly fence: number;
  readonly state: AttemptState;
  readonly nextSeq: number;
  readonly bytes: number;
  readonly broken: boolean;
  readonly seal?: SealRequest | null;
  readonly firstAt?: number | null;
  readonly lastAt?: number | null;
  readonly touchedAt: number;
}

const digits = 10;

export const nameOf = (key: AttemptKey): string =>
  `${key.buildId}/${key.stepId}/${String(key.fence).padStart(digits, '0')}`;
export const chunkName = (attempt: string, seq: number): string => `${attempt}/${String(seq).padStart(digits, '0')}`;
/** Sorts after every chunk of the attempt. */
export const lastChunkName = (attempt: string): string => `${attempt}/~`;

export const toAttempt = (document: AttemptDocument): LogAttempt => ({
  projectId: document.projectId,
  buildId: document.buildId,
  jobId: document.jobId,
  stepId: document.stepId,
  runnerId: document.runnerId,
  fence: document.fence,
  state: document.state,
  prefix: { nextSeq: document.nextSeq, bytes: document.bytes, broken: document.broken },
  seal: document.seal ?? undefined,
  firstAt: document.firstAt ?? undefined,
  lastAt: document.lastAt ?? undefined,
  touchedAt: document.touchedAt,
});
