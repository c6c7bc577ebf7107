import type { KeyObject } from 'node:crypto';
import { isPositioned } from '../commit.js';
import type { CommitReader } from '../commit-reader.js';
import { checkpointHash, noCheckpoint, RootHash, signCheckpoint, type SignedCheckpoint } from './checkpoint.js';

export interface CheckpointStore {
  newest(): Promise<SignedCheckpoint | undefined>;
  /** False when there is a checkpoint at or after this position already. */
  add(checkpoint: SignedCheckpoint): Promise<boolean>;
  /** All of them as they are stored, in the order in which they were made: for checks, so nothing is parsed. */
  all(): AsyncIterable<unknown>;
}

export interface CheckpointerOptions {
  readonly commits: CommitReader;
  readonly checkpoints: CheckpointStore;
  readonly key: KeyObject;
  readonly now: () => number;
  /** Takes each checkpoint out of the database's reach: a line of JSON for a file, or for another machine. */
  readonly exportLine: (line: string) => Promise<void>;
  /** A checkpoint is due after so many commits, */
  readonly everyCommits?: number;
  /** or after so long, if there was any commit at all. */
  readonly everyMs?: number;
}

export interface Checkpointer {
  /**
   * Makes a checkpoint up to the position if one is due. The relay's `onSequenced` and a slow timer call it; calls
   * wait for each other.
   */
  advance(position: number): Promise<SignedCheckpoint | undefined>;
  /** Makes one whether it is due or not, if there was any commit: for the end of a process. */
  conclude(position: number): Promise<SignedCheckpoint | undefined>;
}

export const createCheckpointer = (options: CheckpointerOptions): Checkpointer => {
  const { commits, checkpoints, key, now, exportLine, everyCommits = 1_000, everyMs = 10 * 60_000 } = options;
  let newest: SignedCheckpoint | undefined;
  let known = false;
  let turn: Promise<unknown> = Promise.resolve();

  const make = async (position: number): Promise<SignedCheckpoint> => {
    const previousPosition = newest?.position ?? noCheckpoint.position;
    const root = new RootHash();
    for await (const commit of commits.byPosition({ after: previousPosition, upTo: position })) {
      if (isPositioned(commit)) root.add(commit);
    }
    const previous = newest === undefined ? noCheckpoint.hash : checkpointHash(newest);
    return signCheckpoint({ position, rootHash: root.digest(), previous, previousPosition, at: now() }, key);
  };

  const isDue = (position: number): boolean =>
    position - (newest?.position ?? 0) >= everyCommits || now() - (newest?.at ?? 0) >= everyMs;

  const makeWhere = async (
    position: number,
    wanted: (position: number) => boolean,
  ): Promise<SignedCheckpoint | undefined> => {
    if (!known) newest = await checkpoints.newest();
    known = true;
    if (position <= (newest?.position ?? 0) || !wanted(position)) return undefined;
    const checkpoint = await make(position);
    if (!(await checkpoints.add(checkpoint))) {
      // Another process was first: go on from its checkpoint.
      known = false;
      return undefined;
    }
    newest = checkpoint;
    await exportLine(`${JSON.stringify(checkpoint)}\n`);
    return checkpoint;
  };

  const inTurn = (position: number, wanted: (position: number) => boolean): Promise<SignedCheckpoint | undefined> => {
    const result = turn.then(() => makeWhere(position, wanted));
    turn = result.catch(() => {});
    return result;
  };

  return {
    advance: (position) => inTurn(position, isDue),
    conclude: (position) => inTurn(position, () => true),
  };
};
