import type { mongo } from 'mongoose';
import { SignedCheckpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../checkpoint/checkpointer.js';
import { durableCollection } from './collections.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

/** `_id` is the position that a checkpoint goes on from: two cannot go on from the same one. */
type CheckpointDocument = SignedCheckpoint & { readonly _id: number };

export class MongoCheckpointStore implements CheckpointStore {
  readonly #collection: mongo.Collection<CheckpointDocument>;

  constructor(db: mongo.Db, collection = 'checkpoints') {
    this.#collection = durableCollection<CheckpointDocument>(db, collection);
  }

  async newest(): Promise<SignedCheckpoint | undefined> {
    const found = await answered('read the newest checkpoint', () =>
      this.#collection.findOne({}, { sort: { _id: -1 } }),
    );
    return found === null ? undefined : SignedCheckpoint.parse(found);
  }

  async add(checkpoint: SignedCheckpoint): Promise<boolean> {
    return answered('add a checkpoint', async () => {
      try {
        await this.#collection.insertOne({ _id: checkpoint.previousPosition, ...checkpoint });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  async *all(): AsyncIterable<unknown> {
    yield* this.#collection.find({}, { projection: { _id: 0 } }).sort({ _id: 1 });
  }
}
