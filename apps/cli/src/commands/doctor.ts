import { Option, type Command } from 'commander';
import type { CommandContext } from './command-context.js';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .summary('show each part this machine needs, where it was found, and what is wrong')
    .description(
      'Looks for every program and server that Cyclone can use here. Installs and changes nothing. Ends with 1 when a part is missing or broken.',
    )
    .addOption(new Option('--output <format>', 'how to print the result').choices(['table', 'json']).default('table'))
    .action(async (flags: { readonly output: 'table' | 'json' }) => {
      // Loaded where it is used: other commands need not wait for a Docker client.
      const { reportParts } = await import('./report-parts.js');
      await reportParts(context, flags.output);
    });
}
