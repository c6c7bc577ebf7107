import type { LogChunkReader } from '@cyclone/event-store/verify';
import { databaseOf } from '@cyclone/event-store/mongo';
import type { Connection } from 'mongoose';
import { MongoLogStore } from '../store/mongo.log-store.js';

/** The stored bytes as they are, for checks from outside (`cyclone verify`); makes nothing, no index either. */
export const openLogChunks = async (connection: Connection): Promise<LogChunkReader> => {
  const store = MongoLogStore.toRead(await databaseOf(connection));
  return {
    chunks: (log) => store.storedChunks(log),
    isExpired: async (log) => (await store.attempt(log))?.state === 'expired',
  };
};
