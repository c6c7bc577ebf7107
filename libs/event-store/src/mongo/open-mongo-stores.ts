import type { Connection } from 'mongoose';
import { databaseOf, openCollections, type Collections } from './collections.js';
import { MongoContentStore } from './mongo-content-store.js';
import { MongoEventStore, type MongoEventStoreOptions } from './mongo-event-store.js';
import { MongoLeaseStore } from './mongo-lease-store.js';

export interface MongoStores {
  readonly events: MongoEventStore;
  readonly contents: MongoContentStore;
  readonly leases: MongoLeaseStore;
  readonly collections: Collections;
}

/** The stores in the connection's database; their indexes exist when this resolves. The connection stays the caller's. */
export const openMongoStores = async (
  connection: Connection,
  options: MongoEventStoreOptions = {},
): Promise<MongoStores> => {
  const collections = await openCollections(await databaseOf(connection));
  return {
    events: new MongoEventStore(collections.commits, options),
    contents: new MongoContentStore(collections.contents),
    leases: new MongoLeaseStore(collections.leases),
    collections,
  };
};
