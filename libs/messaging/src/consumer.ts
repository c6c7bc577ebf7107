import type { consumers } from '@cyclone/contracts';
import type { Outcome } from './outcome.js';

export interface IncomingMessage {
  readonly subject: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
  /** From 1. */
  readonly deliveryCount: number;
  /** Tells the broker that work goes on, before the ack wait runs out. */
  extend(): void;
}

export type ConsumerDefinition =
  | (typeof consumers)[keyof typeof consumers]
  | {
      readonly durable: string;
      readonly stream: keyof typeof import('@cyclone/contracts').streams;
      readonly ackWaitMs: number;
      readonly maxDeliver: number;
      readonly maxAckPending: number;
    };

export interface Subscription {
  /** Takes no more, waits for the handlers that run (at most `graceMs`), then closes. */
  drain(graceMs: number): Promise<void>;
}

/**
 * A durable place in a stream, shared by all processes of that name: each message reaches one of them at least once.
 *
 * - Messages with the same `keyOf` are handled one after the other in stream order; other keys run side by side,
 *   at most `concurrency` at once. (A redelivered message comes late: handlers are idempotent all the same.)
 * - A handler that throws is a `retry-after` with the consumer's back-off. After `maxDeliver` tries, or a `reject`, the
 *   raw message goes to the dead letters (`cyclone.dead.<durable>`) with its reason, and is then forgotten here.
 */
export interface Consumer {
  subscribe(options: {
    readonly consumer: ConsumerDefinition;
    readonly subjects?: readonly string[];
    readonly concurrency: number;
    readonly keyOf: (message: IncomingMessage) => string;
    readonly handle: (message: IncomingMessage) => Promise<Outcome>;
  }): Promise<Subscription>;

  /** The same for handlers that do better with many at once: one outcome for each message, in order. */
  subscribeBatches(options: {
    readonly consumer: ConsumerDefinition;
    readonly subjects?: readonly string[];
    readonly batchMax: number;
    /** How long a started batch waits for more. 0: takes what is there. */
    readonly lingerMs: number;
    readonly handle: (messages: readonly IncomingMessage[]) => Promise<readonly Outcome[]>;
  }): Promise<Subscription>;
}
