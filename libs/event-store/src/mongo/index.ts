export { databaseOf, durableCollection, type CommitDocument } from './collections.js';
export { MongoContentStore } from './mongo-content-store.js';
export { MongoEventStore, type MongoEventStoreOptions } from './mongo-event-store.js';
export { MongoLeaseStore } from './mongo-lease-store.js';
export { openMongoStores, type MongoStores } from './open-mongo-stores.js';
export { startMongoRelay, type MongoRelayOptions } from './start-mongo-relay.js';
export { watchCommits, type WatchOptions } from './watch-commits.js';
export { MongoViewStore, type MongoViewStoreOptions, type ViewDocument } from './mongo-view-store.js';
export { MongoWorldViewStore } from './mongo-world-view-store.js';
