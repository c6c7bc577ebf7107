import type { mongo } from 'mongoose';
import type { WorldViewed, WorldViewStore } from '../projection/world-projection.js';
import { durableCollection } from './collections.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

interface WorldViewDocument {
  readonly _id: string;
  /** Everything up to this position is in the view. */
  readonly g: number;
  readonly view: unknown;
}

export class MongoWorldViewStore<View> implements WorldViewStore<View> {
  readonly #collection: mongo.Collection<WorldViewDocument>;

  constructor(
    db: mongo.Db,
    private readonly parse: (stored: unknown) => View,
    collection = 'world_views',
  ) {
    this.#collection = durableCollection<WorldViewDocument>(db, collection);
  }

  async load(name: string): Promise<WorldViewed<View> | undefined> {
    const found = await answered('load a view', () => this.#collection.findOne({ _id: name }));
    return found === null ? undefined : { view: this.parse(found.view), position: found.g };
  }

  async save(name: string, from: number, { view, position }: WorldViewed<View>): Promise<boolean> {
    return answered('save a view', async () => {
      try {
        const set = { $set: { g: position, view } };
        const written = await this.#collection.updateOne({ _id: name, g: from }, set, { upsert: from === 0 });
        return written.matchedCount + written.upsertedCount > 0;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }
}
