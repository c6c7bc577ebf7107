import type { BuildView, LogFrame } from '@cyclone/contracts';
import { formatProblem } from '@cyclone/pipeline-language';
import { printable } from './printable.js';
import { formatDuration, paint, type Terminal } from './terminal.js';

type StepFrame = Extract<LogFrame, { kind: 'step' }>;

export interface LogPrinter {
  print(frame: LogFrame): void;
}

const marks = {
  succeeded: ['green', '✔'],
  failed: ['red', '✘'],
  timed_out: ['red', '✘'],
  cancelled: ['yellow', '■'],
  skipped: ['dim', '○'],
} as const;

/**
 * A build's log as a person reads it: a heading where a stage begins, a line where a step begins and one with its time where it
 * ends, its output indented between. Steps that run side by side are told apart by their name at each change of speaker.
 * What is wrong with the pipeline file comes first, as "cyclone lint" would show it.
 */
export function createLogPrinter(terminal: Terminal, options: { readonly bodies: boolean }): LogPrinter {
  const startedAt = new Map<string, number>();
  const names = new Map<string, string>();
  let stage: string | undefined;
  let speaker: string | undefined;
  let atLineStart = true;
  let problemsShown = 0;

  const finishLine = (): void => {
    if (!atLineStart) terminal.line();
    atLineStart = true;
  };
  const enterStage = (next: string): void => {
    if (next === stage) return;
    stage = next;
    terminal.line(paint(terminal, 'bold', `── ${next} ${'─'.repeat(Math.max(2, 56 - next.length))}`));
  };
  const printStep = (frame: StepFrame): void => {
    finishLine();
    names.set(frame.stepId, frame.name);
    // One that is skipped never starts, and stands below its own stage all the same.
    if (frame.status === 'started' || frame.outcome === 'skipped') enterStage(frame.stage);
    if (frame.status === 'started') {
      if (frame.at !== undefined) startedAt.set(frame.stepId, frame.at);
      terminal.line(`${paint(terminal, 'cyan', '▶')} ${frame.name}`);
      speaker = frame.stepId;
      return;
    }
    terminal.line(describeEnd(terminal, frame, startedAt.get(frame.stepId)));
    if (speaker === frame.stepId) speaker = undefined;
  };
  const printProblems = ({ problems }: BuildView): void => {
    for (const problem of problems.slice(problemsShown)) {
      finishLine();
      terminal.line(formatProblem(problem, { colour: terminal.colours }));
    }
    problemsShown = Math.max(problemsShown, problems.length);
  };
  const printLog = (frame: Extract<LogFrame, { kind: 'log' }>): void => {
    if (!options.bodies) return;
    if (frame.stepId !== speaker) {
      finishLine();
      terminal.line(paint(terminal, 'dim', `  [${names.get(frame.stepId) ?? frame.stepId}]`));
      speaker = frame.stepId;
    }
    const text = frame.text ?? Buffer.from(frame.base64 ?? '', 'base64').toString('utf8');
    terminal.write(indent(text, atLineStart));
    if (text.length > 0) atLineStart = text.endsWith('\n');
  };
  return {
    print(frame) {
      if (frame.kind === 'step') printStep(frame);
      else if (frame.kind === 'log') printLog(frame);
      else if (frame.kind === 'build') printProblems(frame.build);
      else finishLine();
    },
  };
}

function indent(text: string, fromLineStart: boolean): string {
  const indented = text.replaceAll(/\n(?!$)/g, '\n  ');
  return fromLineStart && text.length > 0 ? `  ${indented}` : indented;
}

function describeEnd(terminal: Terminal, frame: StepFrame, startedAt: number | undefined): string {
  const [style, mark] = marks[frame.outcome ?? 'succeeded'];
  const took =
    startedAt === undefined || frame.at === undefined
      ? ''
      : paint(terminal, 'dim', ` ${formatDuration(frame.at - startedAt)}`);
  const code = frame.exitCode === undefined || frame.exitCode === 0 ? '' : ` (exit code ${frame.exitCode})`;
  const why = frame.reason === undefined ? '' : `: ${printable(frame.reason.message)}`;
  return `${paint(terminal, style, mark)} ${frame.name}${took}${code}${why}`;
}

/** One line for the end of a build. */
export function describeBuild(terminal: Terminal, build: BuildView): string {
  const outcome = build.outcome ?? build.status;
  const style = build.outcome === 'succeeded' ? 'green' : build.status === 'finished' ? 'red' : 'yellow';
  const took = build.finishedAt === undefined ? '' : ` in ${formatDuration(build.finishedAt - build.requestedAt)}`;
  const why = build.reason === undefined ? '' : `: ${printable(build.reason.message)}`;
  return `${paint(terminal, style, outcome.toUpperCase())} build #${build.number} of ${build.projectId}${took}${why}`;
}
