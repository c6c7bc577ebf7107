import type { BuildId } from '@cyclone/contracts';
import type { Connection } from 'mongoose';
import type { LogAttempt, StoredChunk } from '../store/log-store.js';
import { MongoLogStore } from '../store/mongo.log-store.js';

/** Stored logs as they are, for checks from outside (`cyclone verify`): attempts with their state and seal, and their bytes. */
export interface LogReader {
  attemptsOf(buildId: BuildId): Promise<readonly LogAttempt[]>;
  /** The contiguous prefix in order, decompressed, one page in memory at a time. */
  chunksOf(attempt: LogAttempt): AsyncIterable<StoredChunk>;
}

export const openLogReader = (connection: Connection): Promise<LogReader> => MongoLogStore.open(connection);
