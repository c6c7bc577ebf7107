import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createConnection, mongo, type Connection } from 'mongoose';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { readInstallation, type Installation } from '../up/installation-file.js';
import type { CommandContext } from './command-context.js';
import { defaultDataDir } from './up.js';

/** For commands that look into the store itself, past the API: for whoever runs the installation. */
export interface StoreFlags {
  readonly mongo?: string;
  readonly database?: string;
  readonly data?: string;
}

export interface StorePlace {
  readonly url: string;
  readonly database: string;
  /** Known of an installation that was found by its data folder. */
  readonly checkpoints?: Installation['checkpoints'];
}

export function withStoreFlags(command: Command): Command {
  return command
    .option('--mongo <url>', 'the store (default: CYCLONE_MONGO_URL, or that of the "cyclone up" which runs here)')
    .option('--database <name>', 'its database (default: CYCLONE_MONGO_DATABASE, or cyclone)')
    .option('--data <folder>', 'the data folder of a "cyclone up" that runs here');
}

/** What was named, else what the environment names, else what runs from the usual data folder. */
export async function findStore(flags: StoreFlags, environment: CommandContext['environment']): Promise<StorePlace> {
  const database = flags.database ?? environment['CYCLONE_MONGO_DATABASE'];
  const named = flags.mongo ?? (flags.data === undefined ? environment['CYCLONE_MONGO_URL'] : undefined);
  if (named !== undefined) return { url: named, database: database ?? 'cyclone' };
  const dataDir = resolve(flags.data ?? defaultDataDir(environment));
  const installation = await readInstallation(dataDir);
  if (installation === undefined) {
    throw new CommandFailure(
      `no "cyclone up" runs from ${dataDir}`,
      exitCodes.unreachable,
      'start it, or say --data FOLDER or --mongo URL',
    );
  }
  const { mongo: found, checkpoints } = installation;
  return { url: found.url, database: database ?? found.database, checkpoints };
}

export async function withStore(place: StorePlace, act: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = createConnection(place.url, { dbName: place.database, serverSelectionTimeoutMS: 10_000 });
  try {
    await act(await connection.asPromise());
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    // Only what the driver says: anything else is not the server's doing.
    if (!(cause instanceof mongo.MongoError) && !isSelectionFailure(error)) throw error;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`MongoDB did not answer: ${message}`, exitCodes.unreachable);
  } finally {
    await connection.close();
  }
}

/** Mongoose has an error of its own for a server that it did not find. */
const isSelectionFailure = (error: unknown): boolean =>
  error instanceof Error && error.name === 'MongooseServerSelectionError';
