import type { mongo } from 'mongoose';
import { isPositioned, type PositionedCommit, type StoredCommit } from '../commit.js';
import { pageBytesMax } from '../event-store.js';
import type { PositionStore } from '../relay/position-store.js';
import type { CommitDocument } from './collections.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

const contentOnly = { _id: 0, u: 0, ts: 0 } as const;
const secondMs = 1000;

/** Takes from the front until there are enough bytes: the memory for one batch is bounded whatever commits hold. */
const takeBytes = async <Commit extends StoredCommit>(commits: AsyncIterable<Commit>): Promise<Commit[]> => {
  const taken: Commit[] = [];
  let bytes = 0;
  for await (const commit of commits) {
    taken.push(commit);
    bytes += commit.b;
    if (bytes >= pageBytesMax) break;
  }
  return taken;
};

/**
 * Causally ordered by one session: across a change of primary, too, no call sees less than the one before. Reads of
 * what waits are snapshots; a scan over a moving index could pass a commit and then find one that builds on it.
 */
export class MongoPositionStore implements PositionStore {
  readonly #session: mongo.ClientSession;

  constructor(
    client: mongo.MongoClient,
    private readonly commits: mongo.Collection<CommitDocument>,
  ) {
    this.#session = client.startSession({ causalConsistency: true });
  }

  async lastPosition(): Promise<number> {
    const options = { sort: { g: -1 }, projection: { _id: 0, g: 1 }, session: this.#session } as const;
    const newest = await answered('read the last position', () => this.commits.findOne({ g: { $gt: 0 } }, options));
    return newest?.g ?? 0;
  }

  async waiting(limit: number): Promise<readonly StoredCommit[]> {
    return answered('read what waits for a position', () => {
      const options = { projection: contentOnly, session: this.#session, readConcern: { level: 'snapshot' } } as const;
      return takeBytes(this.commits.find({ u: true }, options).sort({ ts: 1 }).limit(limit));
    });
  }

  async assign(commits: readonly StoredCommit[], after: number): Promise<boolean> {
    const operations = commits.map(({ s, v }, index) => ({
      updateOne: {
        filter: { s, v, g: { $exists: false } },
        update: { $set: { g: after + index + 1 }, $unset: { u: true as const } },
      },
    }));
    return answered('give positions', async () => {
      try {
        const written = await this.commits.bulkWrite(operations, { ordered: true, session: this.#session });
        return written.modifiedCount === commits.length;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  async positioned(after: number, limit: number): Promise<readonly PositionedCommit[]> {
    // Publishing reads beside sequencing, so not in its session; positions that were given are durable.
    const cursor = this.commits
      .find({ g: { $gt: after } }, { projection: contentOnly })
      .sort({ g: 1 })
      .limit(limit);
    return answered('read what has a position', async () =>
      (await takeBytes<StoredCommit>(cursor)).filter(isPositioned),
    );
  }

  /** Server times rise with positions, but for the moment of a sequencer's turn: a binary search finds the place. */
  async positionBefore(windowMs: number): Promise<number> {
    return answered('find a position by time', async () => {
      const newest = await this.commits.findOne({ g: { $gt: 0 } }, { sort: { g: -1 } });
      if (newest?.g === undefined) return 0;
      const since = newest.ts.getHighBits() - Math.ceil(windowMs / secondMs);
      let [low, high] = [0, newest.g];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        const commit = await this.commits.findOne({ g: middle }, { projection: { ts: 1 } });
        if (commit !== null && commit.ts.getHighBits() < since) low = middle;
        else high = middle;
      }
      return low;
    });
  }

  async close(): Promise<void> {
    await this.#session.endSession();
  }
}
