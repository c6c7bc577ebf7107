import { inspectParts, type PartReport } from '@cyclone/local-servers';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { paint, type Terminal } from '../output/terminal.js';
import type { CommandContext } from './command-context.js';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .summary('show each part this machine needs, where it was found, and what is wrong')
    .description('Looks for every program and server that Cyclone can use here. Installs and changes nothing.')
    .option('--output <format>', 'table or json', 'table')
    .action(async (flags: { readonly output: string }) => {
      const parts = await inspectParts();
      if (flags.output === 'json') context.out.line(JSON.stringify(parts, null, 2));
      else for (const part of parts) context.out.line(formatPart(part, context.out));
      if (parts.some((part) => part.state !== 'found')) process.exitCode = exitCodes.failed;
    });
}

function formatPart(part: PartReport, terminal: Terminal): string {
  const mark = {
    found: paint(terminal, 'green', '✔'),
    missing: paint(terminal, 'yellow', '○'),
    broken: paint(terminal, 'red', '✘'),
  };
  const what = [part.version, part.where].filter((text) => text !== undefined && text !== '').join('  ');
  const lines = [`${mark[part.state]} ${part.name.padEnd(16)} ${what === '' ? part.state : what}`];
  if (part.problem !== undefined) lines.push(`  ${part.problem}`);
  if (part.remedy !== undefined) lines.push(paint(terminal, 'dim', `  mend it: ${part.remedy}`));
  return lines.join('\n');
}
