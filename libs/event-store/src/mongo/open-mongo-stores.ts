import type { Connection } from 'mongoose';
import type { CommitReader } from '../commit-reader.js';
import type { EventStore } from '../event-store.js';
import {
  databaseOf,
  durableCollection,
  openCollections,
  type Collections,
  type CommitDocument,
} from './collections.js';
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

/** The events in the connection's database for who may only read there: nothing is made, no index either. */
export const openMongoEventsToRead = async (
  connection: Connection,
): Promise<Omit<EventStore, 'append'> & CommitReader> =>
  new MongoEventStore(durableCollection<CommitDocument>(await databaseOf(connection), 'commits'));
