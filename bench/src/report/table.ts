import type { Figure } from '../figure.js';
import type { BenchResults } from './results-file.js';

const heading = ['measure', 'value', 'p99', 'floor', 'ratio', 'aim', ''] as const;

/** Rows of cells, a title before each measure's own. */
function rowsOf(figures: readonly Figure[]): readonly (readonly string[])[] {
  return figures.map((figure) => [
    figure.name,
    amount(figure.value, figure.unit),
    figure.spread === undefined ? '' : amount(figure.spread.p99, figure.unit),
    figure.floor === undefined ? '' : `${amount(figure.floor.value, figure.unit)} (${figure.floor.name})`,
    figure.ratio === undefined ? '' : figure.ratio.toFixed(2),
    figure.aim === undefined
      ? ''
      : `≤ ${figure.aim.of === 'ratio' ? figure.aim.atMost : amount(figure.aim.atMost, figure.unit)}`,
    figure.isReached === undefined ? '' : figure.isReached ? 'reached' : 'missed',
  ]);
}

export function terminalTable(results: BenchResults): string {
  const all = results.measures.flatMap(({ figures }) => rowsOf(figures));
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...all.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return results.measures
    .flatMap(({ id, title, load, figures, notes }) => [
      '',
      `${id}: ${title} (load ${load.before} to ${load.after})`,
      line(heading),
      ...rowsOf(figures).map(line),
      ...notes.map((note) => `  ${note}`),
    ])
    .join('\n');
}

/** For docs/benchmarks.md. */
export function markdownTable(results: BenchResults): string {
  const { machine } = results;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const measures = results.measures.flatMap(({ id, title, measuredAt, commit, rounds, load, figures, notes }) => [
    `### ${id}: ${title}`,
    '',
    `Measured ${measuredAt} at ${commit}, ${rounds} rounds; load average ${load.before} before, ${load.after} after.`,
    '',
    line(heading),
    line(heading.map(() => '---')),
    ...rowsOf(figures).map(line),
    '',
    ...notes.map((note) => `- ${note}`),
    ...(notes.length === 0 ? [] : ['']),
  ]);
  return [
    `${results.date}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}; ${versions.join(', ')}.`,
    '',
    ...measures,
  ].join('\n');
}

function amount(value: number, unit: Figure['unit']): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = unit === '' ? String(Math.round(value * 100) / 100) : value.toFixed(digits);
  return unit === '' ? text : `${text} ${unit}`;
}
