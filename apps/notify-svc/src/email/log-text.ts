import type { BuildId, BuildView, StepLogIndex, StepView } from '@cyclone/contracts';
import type { BuildLogs } from './build-logs.js';
import { formatDuration, type LogTail } from './build-report.js';
import { PlainText, toPlainLine } from './plain-text.js';

export interface StepLog {
  readonly step: StepView;
  readonly jobName: string;
  readonly log: StepLogIndex;
}

/** The logs there are, in the order of the plan. */
export const logsInOrder = (build: BuildView, index: readonly StepLogIndex[]): readonly StepLog[] => {
  const byStep = new Map(index.map((log) => [log.stepId, log]));
  return build.jobs.flatMap((job) =>
    job.steps.flatMap((step) => {
      const log = byStep.get(step.id);
      return log === undefined ? [] : [{ step, jobName: job.name, log }];
    }),
  );
};

const header = ({ step, jobName }: StepLog): string => {
  const duration =
    step.startedAt === undefined || step.endedAt === undefined
      ? undefined
      : formatDuration(step.endedAt - step.startedAt);
  const about = [
    step.outcome ?? step.status,
    step.exitCode === undefined ? undefined : `exit code ${step.exitCode}`,
    duration,
  ].filter((part) => part !== undefined);
  return `===== ${toPlainLine(`${step.stage} / ${jobName} / ${step.name}`, 300)} (${about.join(', ')}) =====\n`;
};

const footer = ({ log }: StepLog): string => {
  if (log.damaged) return '[cyclone] this log is damaged: what is shown is what could be kept\n';
  if (!log.sealed) return '[cyclone] this log was not complete when it was read\n';
  return '';
};

/** All logs as one text, a heading before each; one piece in memory at a time. */
export async function* logText(buildId: BuildId, logs: readonly StepLog[], source: BuildLogs): AsyncGenerator<string> {
  for (const stepLog of logs) {
    yield header(stepLog);
    const plain = new PlainText();
    let last = '\n';
    for await (const bytes of source.bytesOf(buildId, stepLog.log, 0)) {
      const text = plain.push(bytes);
      if (text !== '') yield text;
      last = text.at(-1) ?? last;
    }
    const rest = plain.end();
    yield `${rest}${(rest.at(-1) ?? last) === '\n' ? '' : '\n'}${footer(stepLog)}\n`;
  }
}

const tailBytes = 32 * 1024;
const tailLines = 30;
const tailLineChars = 400;

/** The last lines of a step's log. */
export const readTail = async (buildId: BuildId, { step, log }: StepLog, source: BuildLogs): Promise<LogTail> => {
  const from = Math.max(0, log.bytes - tailBytes);
  const plain = new PlainText();
  let text = '';
  for await (const bytes of source.bytesOf(buildId, log, from)) text += plain.push(bytes);
  const lines = (text + plain.end()).replace(/\n+$/, '').split('\n');
  const whole = from > 0 && lines.length > 1 ? lines.slice(1) : lines;
  const shorten = (line: string): string => (line.length > tailLineChars ? `${line.slice(0, tailLineChars)}…` : line);
  return { stepName: toPlainLine(step.name, 200), lines: whole.slice(-tailLines).map(shorten) };
};
