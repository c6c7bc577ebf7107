import type { FileProblem } from '@cyclone/contracts';
import { printable } from './printable.js';

const paint = { error: '\u001b[31m', warning: '\u001b[33m', strong: '\u001b[1m', faint: '\u001b[2m', off: '\u001b[0m' };

/** One problem for a terminal or a log: where, what, the line with carets, and what to do about it. */
export function formatProblem(problem: FileProblem, options: { readonly colour: boolean }): string {
  const dye = (colour: keyof typeof paint, text: string) =>
    options.colour ? `${paint[colour]}${text}${paint.off}` : text;
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const head = `${dye('strong', `${printable(place)}:`)} ${dye(problem.severity, `${problem.severity}:`)} ${problem.message} ${dye('faint', `[${problem.code}]`)}`;
  const lines = [head];
  if (problem.excerpt !== undefined) {
    const [source = '', carets = ''] = problem.excerpt.split('\n');
    lines.push(`    ${source}`, `    ${dye(problem.severity, carets)}`);
  }
  if (problem.hint !== undefined) lines.push(`  hint: ${problem.hint}`);
  return lines.join('\n');
}
