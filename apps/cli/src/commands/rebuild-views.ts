import { databaseOf, openMongoStores } from '@cyclone/event-store/mongo';
import { rebuildGatewayViews } from '@cyclone/gateway';
import { rebuildPipelineViews } from '@cyclone/pipeline-svc';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { findStore, withStore, withStoreFlags, type StoreFlags } from './with-store.js';

export function addRebuildViewsCommand(program: Command, context: CommandContext): void {
  withStoreFlags(program.command('rebuild-views').summary('make every read model anew from the events'))
    .description('Builds the views beside the ones in use and then swaps them; the platform may run meanwhile.')
    .action(async (flags: StoreFlags) => {
      const place = await findStore(flags, context.environment);
      await withStore(place, async (connection) => {
        const { events } = await openMongoStores(connection);
        const database = await databaseOf(connection);
        const positions = await rebuildPipelineViews(database, events);
        for (const [view, position] of Object.entries(positions))
          context.out.line(`${view}: rebuilt up to position ${position}`);
        const rows = await rebuildGatewayViews(database, events);
        for (const [list, count] of Object.entries(rows)) context.out.line(`${list}: ${count} rows rebuilt`);
      });
    });
}
