import type { PositionedCommit, StoredCommit } from '../commit.js';

/**
 * Where commits get their place in the world. The calls of one sequencer are causally ordered: what one has seen or
 * written, the next one sees.
 */
export interface PositionStore {
  /** Position of the newest sequenced commit, 0 when there is none. */
  lastPosition(): Promise<number>;
  /**
   * Commits without a position, at most `limit` of them and no more once they reach a page's bytes, durable, and in an order that respects causality: a commit
   * never stands before one that its writer could have seen. All from one moment.
   */
  waiting(limit: number): Promise<readonly StoredCommit[]>;
  /**
   * Gives the commits the positions after `after`, one by one in order. False as soon as one of them has a position
   * already, or a position is taken: somebody else is at work, nothing further was given.
   */
  assign(commits: readonly StoredCommit[], after: number): Promise<boolean>;
  /** Commits that have their place, for publishing; at most `limit`, and not many more bytes than a page. */
  positioned(after: number, limit: number): Promise<readonly PositionedCommit[]>;
  /** A position before every commit of the time `windowMs` before the newest commit. */
  positionBefore(windowMs: number): Promise<number>;
}
