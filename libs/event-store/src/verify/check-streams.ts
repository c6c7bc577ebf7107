import { isPositioned, lastVersion, recordedEvents, type StoredCommit } from '../commit.js';
import { UnreadableEventError } from '../errors.js';
import type { RecordedEvent } from '../event-store.js';
import { chainBreak, genesisHash } from '../hash-chain.js';
import { isStreamName } from '../stream-name.js';
import type { Finding } from './finding.js';

/** Sees one stream's events in order, then its end; made anew for each stream. */
export interface StreamCheck {
  event(event: RecordedEvent): Iterable<Finding> | AsyncIterable<Finding>;
  end(): Iterable<Finding> | AsyncIterable<Finding>;
}

/** Undefined where a check has nothing to say about the stream. */
export type StreamCheckFactory = (stream: string) => StreamCheck | undefined;

/** Versions, positions and hashes of one stream. */
class StreamShape {
  #hash = genesisHash;
  #version = 0;
  #position = 0;

  constructor(private readonly sequencedBefore: number) {}

  *commit(commit: StoredCommit): Iterable<Finding> {
    const at = { stream: commit.s, version: commit.v };
    if (commit.v !== this.#version + 1)
      yield { check: 'I3', message: `version ${commit.v} follows version ${this.#version}`, ...at };
    if (commit.n !== commit.e.length)
      yield { check: 'I3', message: `a commit of ${commit.n} events holds ${commit.e.length}`, ...at };
    if (isPositioned(commit) && commit.g <= this.#position) {
      yield { check: 'I3', message: 'the position does not rise with the version', ...at, position: commit.g };
    }
    if (!isPositioned(commit) && commit.at < this.sequencedBefore)
      yield { check: 'I3', message: 'the commit never got a position', ...at };
    const broken = chainBreak(this.#hash, commit);
    for (const eventId of broken?.eventIds ?? []) {
      const index = commit.e.findIndex((event) => event.id === eventId);
      yield {
        check: 'chain',
        message: 'the event is not what was once appended',
        stream: commit.s,
        version: commit.v + index,
        eventId,
        expected: `commit hash ${broken?.expected}`,
        found: `commit hash ${broken?.found}`,
      };
    }
    this.#hash = commit.h;
    this.#version = lastVersion(commit);
    this.#position = commit.g ?? this.#position;
  }
}

const readable = (commit: StoredCommit): readonly RecordedEvent[] | Finding => {
  try {
    return recordedEvents(commit);
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    const { stream, streamVersion: version, eventId, message } = error;
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return { check: 'readable', message: `${message}${cause}`, stream, version, eventId };
  }
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Whoever writes past the store may leave anything: what has lost its shape is told, and not looked into further. */
const misshapen = (commit: StoredCommit): Finding | undefined => {
  const numbers: readonly unknown[] = [commit.v, commit.n, commit.at];
  const texts: readonly unknown[] = [commit.s, commit.t, commit.cmd, commit.h];
  const isWhole =
    numbers.every(Number.isSafeInteger) &&
    texts.every((text) => typeof text === 'string') &&
    isObject(commit.meta) &&
    Array.isArray(commit.e) &&
    commit.e.every(isObject) &&
    isStreamName(commit.s);
  if (isWhole) return undefined;
  return { check: 'chain', message: 'the commit is not in the shape of one', stream: String(commit.s) };
};

const isFinding = (value: readonly RecordedEvent[] | Finding): value is Finding => 'check' in value;

/**
 * Walks all commits stream by stream, holding one stream's checks at a time: I3 within streams, the hash chains, that
 * every event can be read, and whatever `checks` have to say. A commit made before `sequencedBefore` (milliseconds since
 * 1970) must have its position.
 */
export async function* checkStreams(
  commits: AsyncIterable<StoredCommit>,
  options: { readonly checks: readonly StreamCheckFactory[]; readonly sequencedBefore: number },
): AsyncIterable<Finding> {
  const { checks, sequencedBefore } = options;
  let stream: string | undefined;
  let shape = new StreamShape(sequencedBefore);
  let running: StreamCheck[] = [];
  for await (const commit of commits) {
    const lost = misshapen(commit);
    if (lost !== undefined) {
      yield lost;
      continue;
    }
    if (commit.s !== stream) {
      for (const check of running) yield* check.end();
      stream = commit.s;
      shape = new StreamShape(sequencedBefore);
      running = checks.map((make) => make(commit.s)).filter((check) => check !== undefined);
    }
    yield* shape.commit(commit);
    const events = readable(commit);
    if (isFinding(events)) yield events;
    else for (const event of events) for (const check of running) yield* check.event(event);
  }
  for (const check of running) yield* check.end();
}
