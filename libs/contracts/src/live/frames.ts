import { z } from 'zod';
import { BuildOutcome, Reason, StepOutcome } from '../build/events.js';
import { BuildView } from '../build/views.js';
import { EpochMs, EventEnvelope } from '../envelope.js';
import { JobId, StepId } from '../ids.js';
import { Stage } from '../plan/plan.js';

/**
 * WebSocket `/api/v1/builds/{buildId}/log?step=&after=&offset=`: text frames, each one JSON object.
 *
 * A `build` frame comes first and again whenever its plan or its end changes the picture. A step's `started` comes
 * before its bytes and its `ended` after all of them; one that was skipped only has its `ended`. What a step waited for
 * ends before it starts, unless the bytes of that are more than a second late. `cursor` on a frame names everything up to and with it:
 * connect again with `after=<cursor>` and nothing is missed or repeated. `end` is last, then close 1000.
 */
export const LogFrame = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('build'), build: BuildView }),
  z.object({
    kind: z.literal('step'),
    status: z.enum(['started', 'ended']),
    jobId: JobId,
    stepId: StepId,
    name: z.string(),
    stage: Stage,
    at: EpochMs.optional(),
    outcome: StepOutcome.optional(),
    exitCode: z.number().int().optional(),
    reason: Reason.optional(),
    cursor: z.string(),
  }),
  z.object({
    kind: z.literal('log'),
    jobId: JobId,
    stepId: StepId,
    /** Another fence than before: the step's attempt was lost, and another began its log from 0. */
    fence: z.number().int().positive(),
    /** Where these bytes begin in the step's stored log, and how many they are. */
    offset: z.number().int().nonnegative(),
    bytes: z.number().int().nonnegative(),
    /** The bytes as text where they are UTF-8, never cut within a character; else as base64. */
    text: z.string().optional(),
    base64: z.string().optional(),
    cursor: z.string(),
  }),
  z.object({
    kind: z.literal('end'),
    outcome: BuildOutcome,
    reason: Reason.optional(),
    /** `incomplete`: a log was not sealed in time, or is damaged; what is there was sent. */
    logs: z.enum(['complete', 'incomplete']),
  }),
]);
export type LogFrame = z.infer<typeof LogFrame>;

/**
 * WebSocket `/api/v1/events?after=<position>&build=`: whole commits in global order.
 * Connect again with `after=<position>` of the last frame. A frame without items says how far the world has moved.
 */
export const FeedFrame = z.object({
  kind: z.literal('events'),
  items: z.array(EventEnvelope),
  position: z.number().int().nonnegative(),
});
export type FeedFrame = z.infer<typeof FeedFrame>;

/** Close codes beyond the standard's: what a client should do about it. */
export const closeCodes = {
  /** The log ended, nothing more will come. */
  done: 1000,
  /** The server goes away: connect again with the cursor. */
  goingAway: 1001,
  /** The token expired or was revoked, or no longer covers this. */
  tokenEnded: 4401,
  /** Too many sockets, or too many messages on this one. */
  tooMany: 4429,
  /** Cyclone could not read what it needed: connect again with the cursor. */
  unavailable: 4503,
} as const;

export const ticketMsMax = 30_000;
