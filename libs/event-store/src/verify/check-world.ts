import { RootHash, type SignedCheckpoint } from '../checkpoint/checkpoint.js';
import { isPositioned, type StoredCommit } from '../commit.js';
import { checkCheckpoints, type CheckpointsToCheck } from './check-checkpoints.js';
import type { Finding } from './finding.js';

/**
 * Walks all commits by position: I3 over the world (positions from 1 without a gap), and the signed checkpoints.
 * Memory holds the checkpoints, one for thousands of commits.
 */
export async function* checkWorld(
  commits: AsyncIterable<StoredCommit>,
  checkpoints?: CheckpointsToCheck,
): AsyncIterable<Finding> {
  const chain: SignedCheckpoint[] = [];
  if (checkpoints !== undefined) yield* checkCheckpoints(checkpoints, chain);
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
    const found = root.digest();
    if (found !== due.rootHash) {
      yield {
        check: 'checkpoint',
        message: `the commits after position ${previousPosition} up to ${upTo} are not those that were signed`,
        position: upTo,
        expected: `root hash ${due.rootHash}`,
        found: `root hash ${found}`,
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
