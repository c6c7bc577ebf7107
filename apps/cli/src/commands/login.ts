import { routes } from '@cyclone/contracts';
import type { Command } from 'commander';
import { createApiClient } from '../client/api-client.js';
import { checkContext, storeContext } from '../client/context.js';
import type { CommandContext } from './command-context.js';
import { readValue } from './read-value.js';

export function addLoginCommand(program: Command, context: CommandContext): void {
  program
    .command('login')
    .summary('remember a server and a token')
    .description('Tries the token, then stores both in a file that only you can read.')
    .requiredOption('--url <url>', 'the server, for example http://127.0.0.1:7099')
    .requiredOption('--token <token>', 'an access token (@file reads a file, - reads stdin)')
    .action(async (flags: { readonly url: string; readonly token: string }) => {
      const server = checkContext(flags.url, await readValue(context, flags.token));
      const { version } = await createApiClient(server, { timeoutMs: 10_000 }).call(routes.version, {});
      const path = await storeContext(server, context.environment);
      context.out.line(`signed in at ${server.url} (Cyclone ${version}); remembered in ${path}`);
    });
}
