import { type BuildReport, outcomeWords } from './build-report.js';

export const renderSubject = (report: BuildReport): string =>
  `[${report.project}] ${outcomeWords[report.outcome]}: ${report.branch} #${report.number}`;

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, '-'.repeat(title.length), ...lines];

const table = ({ stages }: BuildReport): string[] => {
  const rows = stages.flatMap((stage) => stage.rows);
  const width = (pick: (row: (typeof rows)[number]) => string): number =>
    Math.max(0, ...rows.map((row) => pick(row).length));
  const [names, results, durations] = [
    width(({ name }) => name),
    width(({ result }) => result),
    width(({ duration }) => duration),
  ];
  return stages.flatMap(({ title, rows: members }) => [
    title,
    ...members.map(({ name, result, duration, note }) =>
      `  ${name.padEnd(names)}  ${result.padEnd(results)}  ${duration.padStart(durations)}  ${note}`.trimEnd(),
    ),
  ]);
};

/** For mail programs without HTML, and for people who prefer it. */
export const renderText = (report: BuildReport): string =>
  [
    report.headline,
    '='.repeat(report.headline.length),
    ...report.facts.map(([label, value]) => `${label}: ${value}`),
    ...section('Problems', report.problems),
    ...section('Result', table(report)),
    ...report.tails.flatMap(({ stepName, lines }) => section(`End of the log of ${stepName}`, lines)),
    ...section('Images', report.images),
    ...section('Log', report.logNotes),
    ...section(
      'Links',
      report.links.map(([label, url]) => `${label}: ${url}`),
    ),
    '',
  ].join('\n');
