import { inspectParts, type PartReport } from '@cyclone/local-servers';
import { exitCodes } from '../exit-codes.js';
import { paint, type Terminal } from '../output/terminal.js';
import type { CommandContext } from './command-context.js';

export async function reportParts(context: CommandContext, output: 'table' | 'json'): Promise<void> {
  const parts = await inspectParts();
  if (output === 'json') context.out.line(JSON.stringify(parts, null, 2));
  else for (const part of parts) context.out.line(formatPart(part, context.out));
  if (parts.some((part) => part.state !== 'found')) context.endWith(exitCodes.failed);
}

export function formatPart(part: PartReport, terminal: Pick<Terminal, 'colours'>): string {
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
