import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '../ids.js';
import { LogSummary } from '../build/events.js';

/** A chunk holds whole masked bytes of one step, at most this many, in stored order. */
export const logChunkBytesMax = 64 * 1024;
/** What one step may write before its log is cut with a visible marker. */
export const stepLogBytesDefault = 64 * 1024 * 1024;
export const stepLogBytesHardMax = 1024 * 1024 * 1024;
export const logLineBytesMax = 1024 * 1024;

/**
 * Travels as message headers; the payload is the bytes. One attempt's chunks of a step count `seq` from 0,
 * and `offset` is where the payload begins in the stored log of the attempt. The last message of a step is a
 * seal without payload.
 */
export const LogChunkHeader = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('chunk'),
    seq: z.coerce.number().int().nonnegative(),
    offset: z.coerce.number().int().nonnegative(),
    at: z.coerce.number().int(),
    fence: z.coerce.number().int().positive(),
    runnerId: RunnerId,
  }),
  z.object({
    kind: z.literal('seal'),
    seq: z.coerce.number().int().nonnegative(),
    summary: LogSummary,
    at: z.coerce.number().int(),
    fence: z.coerce.number().int().positive(),
    runnerId: RunnerId,
  }),
]);
export type LogChunkHeader = z.infer<typeof LogChunkHeader>;

/** log-svc to runner, after its own store has it: everything below `nextSeq` may leave the spool. Lost ones are repaired by sending again. */
export const LogConfirmation = z.object({
  buildId: BuildId,
  jobId: JobId,
  stepId: StepId,
  fence: z.number().int().positive(),
  nextSeq: z.number().int().nonnegative(),
  sealed: z.boolean(),
});
export type LogConfirmation = z.infer<typeof LogConfirmation>;

/** One step's stored log, as an index entry. */
export const StepLogIndex = z.object({
  jobId: JobId,
  stepId: StepId,
  fence: z.number().int().positive(),
  bytes: z.number().int().nonnegative(),
  sealed: z.boolean(),
  damaged: z.boolean(),
  truncated: z.boolean(),
  lines: z.number().int().nonnegative().optional(),
  firstAt: EpochMs.optional(),
  lastAt: EpochMs.optional(),
});
export type StepLogIndex = z.infer<typeof StepLogIndex>;

export const LogRangeRequest = z.object({
  buildId: BuildId,
  stepId: StepId,
  fence: z.number().int().positive().optional(),
  offset: z.number().int().nonnegative(),
  limit: z
    .number()
    .int()
    .positive()
    .max(1024 * 1024),
});
export type LogRangeRequest = z.infer<typeof LogRangeRequest>;

/** `data` is base64, since ranges may cut a character; `bytes` counts it decoded. `end`: nothing will ever follow `offset + bytes`. */
export const LogRange = z.object({
  fence: z.number().int().positive().optional(),
  offset: z.number().int().nonnegative(),
  data: z.string(),
  bytes: z.number().int().nonnegative(),
  end: z.boolean(),
  damaged: z.boolean(),
  truncated: z.boolean(),
});
export type LogRange = z.infer<typeof LogRange>;

/** Core NATS notice after a chunk is stored (payload = the bytes): lets tails push without asking. A lost one is found by its gap. */
export const LogStoredHeader = z.object({
  projectId: ProjectId,
  jobId: JobId,
  stepId: StepId,
  fence: z.coerce.number().int().positive(),
  offset: z.coerce.number().int().nonnegative(),
  at: z.coerce.number().int(),
  sealed: z.enum(['yes', 'no']),
});
export type LogStoredHeader = z.infer<typeof LogStoredHeader>;
