import type { PositionedCommit } from '../commit.js';

/** Commits on their way from the sequencer to the publisher in one process: what is here need not be read again. */
export class Handover {
  #commits: PositionedCommit[] = [];

  constructor(private readonly commitsMax: number) {}

  offer(commits: readonly PositionedCommit[]): void {
    const tail = this.#commits.at(-1);
    if (tail !== undefined && tail.g + 1 !== commits[0]?.g) this.#commits = [];
    // A publisher that is this far behind reads from the store, at its own pace.
    if (this.#commits.length + commits.length > this.commitsMax) this.#commits = [];
    else this.#commits.push(...commits);
  }

  /** What follows the position directly, or nothing. */
  take(after: number): readonly PositionedCommit[] {
    const following = this.#commits.filter((commit) => commit.g > after);
    this.#commits = [];
    return following[0]?.g === after + 1 ? following : [];
  }
}
