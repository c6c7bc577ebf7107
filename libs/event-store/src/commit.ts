import type { Actor, EventEnvelope, EventId, Trace } from '@cyclone/contracts';
import { currentDefinition, readEventData } from '@cyclone/contracts';
import { UnreadableEventError } from './errors.js';
import type { RecordedEvent } from './event-store.js';
import { parseStreamName } from './stream-name.js';

/** An event inside its commit. */
export interface StoredEvent {
  readonly id: EventId;
  readonly type: string;
  /** Version of the type's shape when it was written. */
  readonly ver: number;
  readonly data: unknown;
  /** CRC-32 of {@link eventBytes}: tells which event of a commit was altered when the commit's hash disagrees. */
  readonly c: number;
}

/**
 * One append, exactly as every adapter keeps it. Names are short because each is stored with every commit.
 * All but `b`, `h` and `g` is content: never changed, and covered by the hash.
 */
export interface StoredCommit {
  /** Stream's name. */
  readonly s: string;
  /** Stream version of the first event. */
  readonly v: number;
  /** Number of events. */
  readonly n: number;
  readonly cmd: string;
  readonly at: number;
  /** Tenant. */
  readonly t: string;
  readonly meta: { readonly actor: Actor; readonly trace: Trace };
  readonly e: readonly StoredEvent[];
  /** Size of the content in canonical bytes. */
  readonly b: number;
  /** Chain hash, see `hash-chain.ts`. */
  readonly h: string;
  /** Global position, once the sequencer has been there. */
  readonly g?: number;
}

export const lastVersion = (commit: Pick<StoredCommit, 'v' | 'n'>): number => commit.v + commit.n - 1;

const recorded = (commit: StoredCommit, index: number, version: number, data: unknown): RecordedEvent => {
  const event = commit.e[index];
  if (event === undefined) throw new RangeError(`commit ${commit.s}@${commit.v} has no event ${index}`);
  return {
    id: event.id,
    type: event.type,
    version,
    occurredAt: commit.at,
    stream: parseStreamName(commit.s),
    streamVersion: commit.v + index,
    ...(commit.g === undefined ? {} : { position: commit.g }),
    tenant: commit.t,
    actor: commit.meta.actor,
    trace: commit.meta.trace,
    data,
  };
};

const current = (commit: StoredCommit, event: StoredEvent, index: number): RecordedEvent =>
  recorded(commit, index, currentDefinition(event.type).version, readEventData(event.type, event.ver, event.data));

/** The commit's events in current shapes. Throws {@link UnreadableEventError} for one that this program cannot read. */
export const recordedEvents = (commit: StoredCommit): readonly RecordedEvent[] =>
  commit.e.map((event, index) => {
    try {
      return current(commit, event, index);
    } catch (cause) {
      throw new UnreadableEventError(commit.s, commit.v + index, event.id, { cause });
    }
  });

export type PositionedCommit = StoredCommit & { readonly g: number };

export const isPositioned = (commit: StoredCommit): commit is PositionedCommit => commit.g !== undefined;

/** As {@link recordedEvents}, for a commit that has its place in the world. */
export const positionedEvents = (commit: PositionedCommit): readonly EventEnvelope[] =>
  recordedEvents(commit).map((event) => ({ ...event, position: commit.g }));

/**
 * For passing on: what this program does not know goes as it was stored, for readers that may be newer.
 * One strange event must not stop all others.
 */
export const forwardableEvents = (commit: PositionedCommit): readonly EventEnvelope[] =>
  commit.e.map((event, index) => {
    try {
      return { ...current(commit, event, index), position: commit.g };
    } catch {
      return { ...recorded(commit, index, event.ver, event.data), position: commit.g };
    }
  });
