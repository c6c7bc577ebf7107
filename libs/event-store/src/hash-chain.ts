import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { canonicalJson } from './canonical.js';
import type { StoredCommit, StoredEvent } from './commit.js';

/** What the first commit of a stream builds on: 32 zero bytes. */
export const genesisHash = '0'.repeat(64);

export type CommitContent = Omit<StoredCommit, 'b' | 'h' | 'g'>;

/** Canonical JSON (see `canonical.ts`) of `{id, type, ver, data}`, in UTF-8. */
const eventBytes = (event: Omit<StoredEvent, 'c'>): Buffer =>
  Buffer.from(canonicalJson({ id: event.id, type: event.type, ver: event.ver, data: event.data }));

export const eventChecksum = (event: Omit<StoredEvent, 'c'>): number => crc32(eventBytes(event));

/**
 * What the hash covers: canonical JSON of `{s, v, n, cmd, at, t, meta: {actor, trace}, e: [{id, type, ver, data, c}]}`,
 * in UTF-8. The position `g` is not in it, since it comes later; signed checkpoints cover positions.
 */
export const contentBytes = (commit: CommitContent): Buffer => {
  const { s, v, n, cmd, at, t, meta, e } = commit;
  const events = e.map(({ id, type, ver, data, c }) => ({ id, type, ver, data, c }));
  return Buffer.from(canonicalJson({ s, v, n, cmd, at, t, meta: { actor: meta.actor, trace: meta.trace }, e: events }));
};

/** `h = sha256(32 bytes of the previous commit's h in this stream || contentBytes)`, in lower-case hex. */
export const chainHash = (previousHash: string, content: Uint8Array): string =>
  createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(content).digest('hex');

export interface ChainBreak {
  readonly stream: string;
  readonly version: number;
  /** Exactly the altered events where their checksums tell, else all of the commit. */
  readonly eventIds: readonly string[];
  /** The commit's hash as it is written down, and as it comes out of what is stored. */
  readonly expected: string;
  readonly found: string;
}

/** Undefined when the commit is what was once appended after `previousHash`. */
export const chainBreak = (previousHash: string, commit: StoredCommit): ChainBreak | undefined => {
  const found = chainHash(previousHash, contentBytes(commit));
  if (found === commit.h) return undefined;
  const altered = commit.e.filter((event) => eventChecksum(event) !== event.c);
  const named = altered.length > 0 ? altered : commit.e;
  const first = commit.e.findIndex((event) => event === named[0]);
  return {
    stream: commit.s,
    version: commit.v + Math.max(first, 0),
    eventIds: named.map((event) => event.id),
    expected: commit.h,
    found,
  };
};

/** Walks one stream's commits, in order from its first, and gives the first break. */
export const verifyChain = async (
  commits: AsyncIterable<StoredCommit> | Iterable<StoredCommit>,
): Promise<ChainBreak | undefined> => {
  let previous = genesisHash;
  for await (const commit of commits) {
    const found = chainBreak(previous, commit);
    if (found !== undefined) return found;
    previous = commit.h;
  }
  return undefined;
};
