import { Option, type Command } from 'commander';

/** The flags that every command with a server takes. */
export function withServerFlags(command: Command): Command {
  return command
    .option('--url <url>', 'the server (default: CYCLONE_URL, or what "cyclone login" stored)')
    .option('--token <token>', 'an access token (default: CYCLONE_TOKEN, or what "cyclone login" stored)')
    .addOption(new Option('--output <format>', 'how to print the result').choices(['table', 'json']).default('table'));
}
