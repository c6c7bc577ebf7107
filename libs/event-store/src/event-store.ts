import type { Actor, CommandId, EpochMs, EventEnvelope, StreamRef, Trace } from '@cyclone/contracts';

/** What a decider returns: the catalogue's current version of the type is stored. */
export interface NewEvent {
  readonly type: string;
  readonly data: unknown;
}

/** An event in its stream. `position` is absent until the sequencer has given the commit its place in the world. */
export type RecordedEvent = Omit<EventEnvelope, 'position'> & { readonly position?: number };

export interface Append {
  readonly stream: StreamRef;
  /** The version that the caller read (0: no such stream yet). Always a commit's end, never invented. */
  readonly expectedVersion: number;
  /** Carried out once per stream: a repetition answers with the commit that is there. */
  readonly commandId: CommandId;
  readonly tenant: string;
  readonly actor: Actor;
  readonly trace: Trace;
  readonly occurredAt: EpochMs;
  /** 1 to `commitEventsMax` events, at most `commitBytesMax` together (see `prepare-commit.ts`). */
  readonly events: readonly NewEvent[];
}

export interface AppendResult {
  readonly kind: 'appended' | 'repeated';
  readonly events: readonly RecordedEvent[];
  /** Version of the stream's last event in this commit. */
  readonly streamVersion: number;
}

export interface WorldPage {
  /** In global order; a commit is never split over two pages. */
  readonly events: readonly EventEnvelope[];
  /** Go on from here: everything up to this position has been looked at. Unchanged when there is nothing new. */
  readonly position: number;
}

/**
 * The truth. One append is one commit: all of its events or none, visible at once.
 *
 * - `append` throws {@link StreamConflictError} when the stream does not end at `expectedVersion`, unless this
 *   command id is already in it (then `repeated`). After a {@link StoreUnavailableError} the outcome is unknown:
 *   append again with the same command id. Any number of callers may append at once.
 * - `findCommand` gives the commit of a command that was carried out on the stream, as `append` would answer it.
 * - `readStream` sees every append that was acknowledged before the call, in version order, upcast to current shapes.
 *   `limit` counts events.
 * - `readAll` gives only what has a position: gap-free, the same order to everybody, for ever. A page ends with the
 *   commit that reaches `limit` events, or earlier with one that reaches {@link pageBytesMax}.
 * - An event that this program cannot read is an {@link UnreadableEventError}, never left out.
 * - Nothing is ever changed or removed through this port.
 */
export interface EventStore {
  append(append: Append): Promise<AppendResult>;
  findCommand(stream: StreamRef, commandId: CommandId): Promise<AppendResult | undefined>;
  readStream(
    stream: StreamRef,
    range?: { readonly afterVersion?: number; readonly limit?: number },
  ): Promise<readonly RecordedEvent[]>;
  readAll(range: {
    readonly after: number;
    readonly limit: number;
    readonly tenants?: readonly string[];
  }): Promise<WorldPage>;
  /** Position of the newest sequenced commit, 0 when there is none. */
  lastPosition(): Promise<number>;
}

/** Canonical bytes after which a page of the world ends, whatever its limit: readers' memory is bounded. */
export const pageBytesMax = 4 * 1024 * 1024;
