import { openMongoStores, type MongoStores } from '@cyclone/event-store/mongo';
import { rebuildPipelineViews } from '@cyclone/pipeline-svc';
import type { Command } from 'commander';
import mongoose, { type Connection } from 'mongoose';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import type { CommandContext } from './command-context.js';

interface StoreFlags {
  readonly mongo?: string;
  readonly database?: string;
}

/** Commands that look into the store itself: for whoever runs the installation. */
export function addStoreCommands(program: Command, context: CommandContext): void {
  withStoreFlags(program.command('rebuild-views').summary('make every read model anew from the events'))
    .description('Builds the views beside the ones in use and then swaps them; the platform may run meanwhile.')
    .action((flags: StoreFlags) =>
      withStore(context, flags, async (connection, stores) => {
        if (connection.db === undefined) throw new CommandFailure('the store is not connected', exitCodes.unreachable);
        const positions = await rebuildPipelineViews(connection.db, stores.events);
        for (const [view, position] of Object.entries(positions))
          context.out.line(`${view}: rebuilt up to position ${position}`);
      }),
    );
}

function withStoreFlags(command: Command): Command {
  return command
    .option('--mongo <url>', 'the store (default: CYCLONE_MONGO_URL)')
    .option('--database <name>', 'its database (default: CYCLONE_MONGO_DATABASE, or cyclone)');
}

async function withStore(
  context: CommandContext,
  flags: StoreFlags,
  act: (connection: Connection, stores: MongoStores) => Promise<void>,
): Promise<void> {
  const url = flags.mongo ?? context.environment['CYCLONE_MONGO_URL'];
  if (url === undefined) {
    throw new CommandFailure('no store is named', exitCodes.usage, 'say --mongo URL, or set CYCLONE_MONGO_URL');
  }
  const dbName = flags.database ?? context.environment['CYCLONE_MONGO_DATABASE'] ?? 'cyclone';
  const connection = mongoose.createConnection(url, { dbName, serverSelectionTimeoutMS: 10_000 });
  try {
    await connection.asPromise();
  } catch (error) {
    throw new CommandFailure(
      `MongoDB did not answer: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.unreachable,
    );
  }
  try {
    await act(connection, await openMongoStores(connection));
  } finally {
    await connection.close();
  }
}
