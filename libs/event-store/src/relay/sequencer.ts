import type { PositionedCommit } from '../commit.js';
import { pageBytesMax } from '../event-store.js';
import type { PositionStore } from './position-store.js';

export const sequencerBatchMax = 500;

/** Whether a turn took as much as one takes at most, so that more may be waiting. */
export const isFullTurn = (commits: readonly PositionedCommit[]): boolean =>
  commits.length >= sequencerBatchMax || commits.reduce((bytes, { b }) => bytes + b, 0) >= pageBytesMax;

/**
 * Gives each commit its place in the world after it was made, so that no append waits for a counter.
 *
 * Gap-free without looking at any clock: position k+1 is only ever given after k was, and a unique index lets nobody
 * give one twice. What waits is read after the last position was known; so a commit found to have been sequenced
 * meanwhile lies above that position, and everything below it was given too. Two sequencers at once are slow, not wrong.
 */
export class Sequencer {
  #last: number | undefined;

  constructor(private readonly positions: PositionStore) {}

  /** One turn: the commits that got their places, or `contended` when somebody else gave some meanwhile. */
  async turn(): Promise<readonly PositionedCommit[] | 'contended'> {
    const after = this.#last ?? (await this.positions.lastPosition());
    this.#last = after;
    const waiting = await this.positions.waiting(sequencerBatchMax);
    if (waiting.length === 0) return [];
    // Until the answer is here nobody knows how far it went.
    this.#last = undefined;
    if (!(await this.positions.assign(waiting, after))) return 'contended';
    this.#last = after + waiting.length;
    return waiting.map((commit, index) => ({ ...commit, g: after + index + 1 }));
  }
}
