import { randomUUID } from 'node:crypto';
import type { mongo } from 'mongoose';
import type { RebuildableViewStore, Viewed, ViewStore } from '../projection/view-store.js';
import { durableCollection } from './collections.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

/** Query and sort by `view.<field>`; `v` is the stream version that the view was folded up to. */
export interface ViewDocument {
  readonly _id: string;
  readonly v: number;
  readonly view: unknown;
}

export interface MongoViewStoreOptions<View> {
  readonly db: mongo.Db;
  /** A view whose shape or fold changes gets a new name (`builds_v2`): old and new programs then run side by side. */
  readonly collection: string;
  /** What is stored back to a view: the schema's `parse`. */
  readonly parse: (stored: unknown) => View;
  /** Keys begin with `view.`; made at the start and with each rebuild. */
  readonly indexes?: readonly mongo.IndexDescription[];
}

type Parsed<View> = { readonly view: View; readonly version: number };

class MongoViews<View> implements ViewStore<View> {
  constructor(
    readonly collection: mongo.Collection<ViewDocument>,
    private readonly parse: (stored: unknown) => View,
  ) {}

  async load(id: string): Promise<Parsed<View> | undefined> {
    const found = await answered('load a view', () => this.collection.findOne({ _id: id }));
    return found === null ? undefined : { view: this.parse(found.view), version: found.v };
  }

  async save(id: string, from: number, { view, version }: Viewed<View>): Promise<boolean> {
    return answered('save a view', async () => {
      try {
        const set = { $set: { v: version, view } };
        const written = await this.collection.updateOne({ _id: id, v: from }, set, { upsert: from === 0 });
        return written.matchedCount + written.upsertedCount > 0;
      } catch (error) {
        // It is there, at another version.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  async *all(): AsyncIterable<Parsed<View> & { readonly id: string }> {
    for await (const { _id, v, view } of this.collection.find()) yield { id: _id, version: v, view: this.parse(view) };
  }
}

/** Views in one collection, a document each; a rebuild fills another collection and renames it over the first. */
export class MongoViewStore<View> extends MongoViews<View> implements RebuildableViewStore<View> {
  private constructor(private readonly options: MongoViewStoreOptions<View>) {
    super(durableCollection<ViewDocument>(options.db, options.collection), options.parse);
  }

  static async open<View>(options: MongoViewStoreOptions<View>): Promise<MongoViewStore<View>> {
    const store = new MongoViewStore(options);
    await store.#makeIndexes(store.collection);
    return store;
  }

  async beginRebuild(): Promise<ViewStore<View> & { swapIn(): Promise<void>; abandon(): Promise<void> }> {
    const { db, collection: name, parse } = this.options;
    // A rebuild that died, or one that runs: its swap then finds its collection gone.
    for (const leftover of await db.listCollections({}, { nameOnly: true }).toArray()) {
      if (leftover.name.startsWith(`${name}_rebuild_`)) await db.dropCollection(leftover.name);
    }
    const fresh = durableCollection<ViewDocument>(db, `${name}_rebuild_${randomUUID()}`);
    await db.createCollection(fresh.collectionName);
    await this.#makeIndexes(fresh);
    return Object.assign(new MongoViews(fresh, parse), {
      swapIn: async () => void (await answered('swap views', () => fresh.rename(name, { dropTarget: true }))),
      abandon: async () => void (await answered('drop views', () => fresh.drop())),
    });
  }

  async #makeIndexes(collection: mongo.Collection<ViewDocument>): Promise<void> {
    const { indexes = [] } = this.options;
    if (indexes.length > 0) await answered('make indexes of views', () => collection.createIndexes([...indexes]));
  }
}

/** The views of a collection as they are stored: for checks, and for who may only read. Nothing is made or parsed. */
export const storedViews = (db: mongo.Db, collection: string): Pick<ViewStore<unknown>, 'load' | 'all'> =>
  new MongoViews<unknown>(durableCollection<ViewDocument>(db, collection), (stored) => stored);
