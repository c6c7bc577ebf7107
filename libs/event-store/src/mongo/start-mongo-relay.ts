import type { Connection } from 'mongoose';
import { startRelay, type Relay, type RelayOptions } from '../relay/relay.js';
import { databaseOf, durableCollection } from './collections.js';
import { MongoPositionStore } from './mongo-position-store.js';
import { MongoWatermarkStore, type WatermarkDocument } from './mongo-watermark-store.js';
import type { MongoStores } from './open-mongo-stores.js';
import { watchCommits } from './watch-commits.js';

export type MongoRelayOptions = Omit<RelayOptions, 'positions' | 'watermarks' | 'leases' | 'watch'>;

/** A relay on MongoDB: woken by its change stream, led by its lease. */
export const startMongoRelay = async (
  connection: Connection,
  stores: MongoStores,
  options: MongoRelayOptions,
): Promise<Relay> => {
  const { commits } = stores.collections;
  const db = await databaseOf(connection);
  const positions = new MongoPositionStore(connection.getClient(), commits);
  const relay = startRelay({
    ...options,
    positions,
    watermarks: new MongoWatermarkStore(durableCollection<WatermarkDocument>(db, 'relay_watermarks')),
    leases: stores.leases,
    watch: (nudge) => watchCommits(commits, { of: 'appended', nudge, onProblem: options.onProblem }),
  });
  return {
    ...relay,
    stop: async () => {
      await relay.stop();
      await positions.close();
    },
  };
};
