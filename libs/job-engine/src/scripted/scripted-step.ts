import type { StepExit } from '../executor.js';
import type { OutputSink, OutputStream, RawOffsets } from '../logs/output-sink.js';
import { rawStart } from '../logs/output-sink.js';
import type { StepScript } from './step-script.js';

const linesPerWrite = 256;

/** A program that exists only as its script. It runs whether or not anybody listens, and remembers its exit code. */
export class ScriptedStep {
  readonly exited: Promise<StepExit>;
  private exit: (exit: StepExit) => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(private readonly script: StepScript) {
    this.exited = new Promise((resolve) => {
      this.exit = resolve;
    });
    if (!script.SCRIPT_HANG) this.timer = setTimeout(() => this.end(this.naturalExit()), script.SCRIPT_DELAY_MS);
  }

  /** Writes all from the offsets on, then waits for the end. */
  async follow(output: OutputSink, from: RawOffsets = rawStart): Promise<StepExit> {
    const skip = { ...from };
    for (const [stream, bytes] of this.output()) {
      const rest = bytes.subarray(Math.min(skip[stream], bytes.length));
      skip[stream] -= bytes.length - rest.length;
      if (rest.length > 0) await output.write(stream, rest);
      if (this.ended && this.killed) break;
    }
    return this.exited;
  }

  stop(graceMs: number): void {
    if (this.ended) return;
    if (!this.script.SCRIPT_IGNORE_SIGTERM) return this.kill(143);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kill(137), graceMs);
  }

  private killed = false;

  private kill(exitCode: number): void {
    this.killed = true;
    this.end({ exitCode });
  }

  private end(exit: StepExit): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    this.exit(exit);
  }

  private naturalExit(): StepExit {
    if (this.script.SCRIPT_OOM)
      return {
        exitCode: 137,
        reason: { code: 'oom', message: 'The step was killed: it used more memory than its limit.' },
      };
    return { exitCode: this.script.SCRIPT_EXIT_CODE };
  }

  private *output(): Generator<[OutputStream, Buffer]> {
    const { SCRIPT_OUTPUT, SCRIPT_STDERR, SCRIPT_LINES, SCRIPT_LINE_BYTES } = this.script;
    if (SCRIPT_OUTPUT !== '') yield ['stdout', Buffer.from(SCRIPT_OUTPUT)];
    if (SCRIPT_STDERR !== '') yield ['stderr', Buffer.from(SCRIPT_STDERR)];
    for (let line = 0; line < SCRIPT_LINES; line += linesPerWrite) {
      const lines = Array.from({ length: Math.min(linesPerWrite, SCRIPT_LINES - line) }, (_, index) =>
        `${line + index + 1} `.padEnd(SCRIPT_LINE_BYTES - 1, '.').slice(0, SCRIPT_LINE_BYTES - 1),
      );
      yield ['stdout', Buffer.from(`${lines.join('\n')}\n`)];
    }
  }
}
