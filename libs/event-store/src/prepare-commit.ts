import { currentDefinition, StreamRef } from '@cyclone/contracts';
import { storable } from './canonical.js';
import type { StoredCommit, StoredEvent } from './commit.js';
import { AppendRefusedError } from './errors.js';
import { eventId } from './event-id.js';
import type { Append, NewEvent } from './event-store.js';
import { chainHash, contentBytes, eventChecksum, type CommitContent } from './hash-chain.js';
import { streamName } from './stream-name.js';

export const commitEventsMax = 1000;
/** Canonical bytes of one commit. What is larger goes to the content store first and is named by digest. */
export const commitBytesMax = 256 * 1024;

/** An append that any store would take, still without its place in the hash chain. */
export interface PreparedCommit {
  readonly content: CommitContent;
  readonly bytes: Uint8Array;
}

const refuse = (message: string, cause?: unknown): never => {
  throw new AppendRefusedError(message, { cause });
};

const storedEvent = (append: Append, stream: string, event: NewEvent, index: number): StoredEvent => {
  try {
    const definition = currentDefinition(event.type);
    if (definition.stream !== append.stream.kind)
      refuse(`${event.type} belongs to ${definition.stream} streams, not to ${stream}`);
    const data = storable(definition.schema.parse(event.data));
    const content = { id: eventId(stream, append.commandId, index), type: event.type, ver: definition.version, data };
    return { ...content, c: eventChecksum(content) };
  } catch (cause) {
    if (cause instanceof AppendRefusedError) throw cause;
    return refuse(
      `event ${index} (${event.type}) for stream ${stream} is not valid: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
};

/** Checks everything that can be known without the stream. Throws {@link AppendRefusedError}. */
export const prepareCommit = (append: Append): PreparedCommit => {
  const stream = streamName(append.stream);
  if (!StreamRef.safeParse(append.stream).success) refuse(`${stream} is no stream`);
  const count = append.events.length;
  if (count < 1 || count > commitEventsMax)
    refuse(`a commit has 1 to ${commitEventsMax} events, not ${count} (stream ${stream})`);
  if (!Number.isSafeInteger(append.expectedVersion) || append.expectedVersion < 0)
    refuse(`${append.expectedVersion} is no stream version`);
  const content: CommitContent = {
    s: stream,
    v: append.expectedVersion + 1,
    n: count,
    cmd: append.commandId.toWellFormed(),
    at: append.occurredAt,
    t: append.tenant,
    meta: storable({ actor: append.actor, trace: append.trace }) as StoredCommit['meta'],
    e: append.events.map((event, index) => storedEvent(append, stream, event, index)),
  };
  const bytes = contentBytes(content);
  if (bytes.length > commitBytesMax)
    refuse(`a commit has at most ${commitBytesMax} bytes, not ${bytes.length} (stream ${stream})`);
  return { content, bytes };
};

export const sealCommit = (prepared: PreparedCommit, previousHash: string): StoredCommit => ({
  ...prepared.content,
  b: prepared.bytes.length,
  h: chainHash(previousHash, prepared.bytes),
});
