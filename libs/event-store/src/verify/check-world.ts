import type { KeyObject } from 'node:crypto';
import { checkpointHash, isSignedBy, noCheckpoint, RootHash, type SignedCheckpoint } from '../checkpoint/checkpoint.js';
import { isPositioned, type StoredCommit } from '../commit.js';
import type { Finding } from './finding.js';

export interface CheckpointsToCheck {
  readonly stored: AsyncIterable<SignedCheckpoint>;
  readonly publicKey: KeyObject;
  /** Lines that were exported: they must all still be stored as they were. */
  readonly exported?: AsyncIterable<SignedCheckpoint>;
}

/** The chain of checkpoints in itself: signatures, and each naming the one before. */
async function* checkpointChain(
  { stored, publicKey, exported }: CheckpointsToCheck,
  chain: SignedCheckpoint[],
): AsyncIterable<Finding> {
  let previous: { readonly position: number; readonly hash: string } = noCheckpoint;
  const hashes = new Map<number, string>();
  for await (const checkpoint of stored) {
    const { position } = checkpoint;
    if (!isSignedBy(checkpoint, publicKey))
      yield { check: 'checkpoint', message: 'the signature does not hold', position };
    if (checkpoint.previous !== previous.hash || checkpoint.previousPosition !== previous.position) {
      yield {
        check: 'checkpoint',
        message: `the checkpoint does not go on from the one at ${previous.position}`,
        position,
      };
    }
    previous = { position, hash: checkpointHash(checkpoint) };
    hashes.set(position, previous.hash);
    chain.push(checkpoint);
  }
  for await (const checkpoint of exported ?? []) {
    const { position } = checkpoint;
    if (!isSignedBy(checkpoint, publicKey))
      yield { check: 'checkpoint', message: 'the exported signature does not hold', position };
    else if (hashes.get(position) !== checkpointHash(checkpoint)) {
      yield {
        check: 'checkpoint',
        message: 'an exported checkpoint is not stored any more, or another one is',
        position,
      };
    }
  }
}

/**
 * Walks all commits by position: I3 over the world (positions from 1 without a gap), and the signed checkpoints.
 * Memory holds the checkpoints, one for thousands of commits.
 */
export async function* checkWorld(
  commits: AsyncIterable<StoredCommit>,
  checkpoints?: CheckpointsToCheck,
): AsyncIterable<Finding> {
  const chain: SignedCheckpoint[] = [];
  if (checkpoints !== undefined) yield* checkpointChain(checkpoints, chain);
  let root = new RootHash();
  let next = 0;
  let position = 0;
  for await (const commit of commits) {
    if (!isPositioned(commit)) continue;
    if (commit.g !== position + 1) {
      yield {
        check: 'I3',
        message: `position ${commit.g} follows position ${position}`,
        stream: commit.s,
        version: commit.v,
        position: commit.g,
      };
    }
    position = commit.g;
    root.add(commit);
    const due = chain[next];
    if (due === undefined || position < due.position) continue;
    const { position: upTo, previousPosition } = due;
    if (root.digest() !== due.rootHash) {
      yield {
        check: 'checkpoint',
        message: `commits after position ${previousPosition} are not those that were signed`,
        position: upTo,
      };
    }
    root = new RootHash();
    next += 1;
  }
  for (const missing of chain.slice(next)) {
    yield {
      check: 'checkpoint',
      message: `the world ends at ${position}, before what was signed`,
      position: missing.position,
    };
  }
}
