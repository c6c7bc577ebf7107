import type { Finding } from '@cyclone/event-store/verify';
import { formatDuration, paint, type Terminal } from '../output/terminal.js';

/** How much was looked at. */
export interface Checked {
  commits: number;
  events: number;
  streams: number;
  checkpoints: number;
  sealedLogs: number;
  views: readonly string[];
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly checked: Checked;
  /** What could not be checked, and what it would take. */
  readonly notChecked: readonly string[];
  readonly tookMs: number;
}

const checkWidth = 12;

/** Where it is on the first line, what is wrong below. */
export function formatFinding(finding: Finding, terminal: Pick<Terminal, 'colours'>): string {
  const { check, message, stream, version, eventId, position, expected, found } = finding;
  const place = [
    stream,
    version === undefined ? undefined : `version ${version}`,
    eventId === undefined ? undefined : `event ${eventId}`,
    position === undefined ? undefined : `position ${position}`,
  ].filter((part) => part !== undefined);
  const details = [
    place.length === 0 ? undefined : place.join(', '),
    expected === undefined ? undefined : `expected: ${expected}`,
    found === undefined ? undefined : `found:    ${found}`,
  ].filter((line) => line !== undefined);
  const first = `${paint(terminal, 'red', '✘')} ${check.padEnd(checkWidth)}${message}`;
  return [first, ...details.map((line) => `${' '.repeat(checkWidth + 2)}${line}`)].join('\n');
}

export function formatSummary(report: VerifyReport, terminal: Pick<Terminal, 'colours'>): string {
  const { checked, findings, tookMs } = report;
  const what = [
    `${count(checked.events, 'event')} in ${count(checked.commits, 'commit')} of ${count(checked.streams, 'stream')}`,
    count(checked.checkpoints, 'checkpoint'),
    count(checked.sealedLogs, 'sealed log'),
    `${count(checked.views.length, 'kind')} of views`,
  ].join(', ');
  const verdict =
    findings.length === 0
      ? `${paint(terminal, 'green', '✔')} nothing is wrong`
      : `${paint(terminal, 'red', '✘')} ${count(findings.length, 'finding')}`;
  const notes = report.notChecked.map((note) => paint(terminal, 'dim', `  not checked: ${note}`));
  return [`${verdict}: ${what} (${formatDuration(tookMs)})`, ...notes].join('\n');
}

const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
