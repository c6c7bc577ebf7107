import { z } from 'zod';
import { EventId } from './ids.js';

/** Milliseconds since 1970, UTC: the one form of a moment in everything stored or sent. */
export const EpochMs = z.number().int().nonnegative();
export type EpochMs = z.infer<typeof EpochMs>;

/** Who caused something. `id` is a token id, a runner id, a delivery id or a service's name, by kind. */
export const Actor = z.object({
  kind: z.enum(['user', 'delivery', 'runner', 'system']),
  id: z.string().min(1).max(200),
  /** For people: a login, an author's name as a forge told it. Never trusted for a decision. */
  name: z.string().max(200).optional(),
});
export type Actor = z.infer<typeof Actor>;

export const StreamKind = z.enum(['build', 'project', 'delivery', 'token', 'log', 'notification']);
export type StreamKind = z.infer<typeof StreamKind>;

/** The stream that holds everything about one thing. Its name in the store is `<kind>-<id>`. */
export const StreamRef = z.object({ kind: StreamKind, id: z.string().min(1).max(63) });
export type StreamRef = z.infer<typeof StreamRef>;

/** Causation and correlation: which message made this happen, and which first one began it all. */
export const Trace = z.object({
  correlationId: z.string().min(1).max(200),
  causationId: z.string().min(1).max(200).optional(),
  traceparent: z.string().max(200).optional(),
});
export type Trace = z.infer<typeof Trace>;

/**
 * An event as everybody outside its owner sees it: REST feed, sockets, NATS.
 * `position` is the cursor of the world: global, gap-free, given after the commit.
 */
export const EventEnvelope = z.object({
  id: EventId,
  type: z.string(),
  version: z.number().int().positive(),
  occurredAt: EpochMs,
  stream: StreamRef,
  /** Place in its stream, from 1. */
  streamVersion: z.number().int().positive(),
  /** Place in the world, from 1, shared by the events of one commit; order within it is `streamVersion`. */
  position: z.number().int().positive(),
  /** The tenant whose rights decide who may see it; `_` for what belongs to the installation. */
  tenant: z.string(),
  actor: Actor,
  trace: Trace,
  data: z.unknown(),
});
export type EventEnvelope = z.infer<typeof EventEnvelope>;
