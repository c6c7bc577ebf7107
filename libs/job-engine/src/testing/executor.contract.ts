import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExecutorError } from '../errors.js';
import type { Executor, RunningStep, StepLaunch } from '../executor.js';
import { attemptKey, attemptOf, type JobInput } from '../job-input.js';
import { rawStart, type OutputStream } from '../logs/output-sink.js';
import { aJob } from './job-builder.js';

/** A program in words that every executor can carry out. */
export interface Program {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly runsMs?: number;
  readonly exitCode?: number;
  readonly hangs?: boolean;
  readonly ignoresTerm?: boolean;
}

export interface ExecutorHarness {
  readonly executor: Executor;
  /** A step of a plan that does this. */
  step(id: string, program: Program): Record<string, unknown>;
  /** A step that cannot start: its image is missing, or the like. */
  unstartable(id: string): Record<string, unknown>;
  close(): Promise<void>;
}

class MemorySink {
  readonly written: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  readonly notes: string[] = [];

  write(stream: OutputStream, bytes: Buffer): undefined {
    this.written[stream].push(Buffer.from(bytes));
    return undefined;
  }

  note(line: string): void {
    this.notes.push(line);
  }

  text(stream: OutputStream): string {
    return Buffer.concat(this.written[stream]).toString();
  }
}

const launchOf = (
  input: JobInput,
  stepId: string,
  output = new MemorySink(),
  signal = new AbortController().signal,
): StepLaunch => {
  const step = input.job.steps.find((candidate) => candidate.id === stepId);
  if (step?.kind !== 'run') throw new Error(`no step ${stepId}`);
  const environment = Object.fromEntries(
    Object.entries(step.environment).map(([name, value]) => [name, 'value' in value ? value.value : '']),
  );
  return { step, environment, output, signal };
};

/** What Executor and JobSandbox promise; every adapter passes it. */
export const executorContract = (name: string, open: () => Promise<ExecutorHarness>): void => {
  describe(`${name} keeps the Executor's promises`, () => {
    let harness: ExecutorHarness;
    const idle = new AbortController().signal;

    beforeAll(async () => {
      harness = await open();
    }, 120_000);
    afterAll(async () => {
      await harness.close();
    }, 60_000);

    const withSandbox = async (
      programs: Readonly<Record<string, Program>>,
      use: (run: {
        input: JobInput;
        sandbox: Awaited<ReturnType<Executor['prepare']>>;
        start: (id: string) => Promise<{ running: RunningStep; sink: MemorySink }>;
      }) => Promise<void>,
    ): Promise<void> => {
      const input = aJob({ steps: Object.entries(programs).map(([id, program]) => harness.step(id, program)) });
      const sandbox = await harness.executor.prepare(input, idle);
      const start = async (id: string) => {
        const sink = new MemorySink();
        return { running: await sandbox.startStep(launchOf(input, id, sink)), sink };
      };
      try {
        await use({ input, sandbox, start });
      } finally {
        await sandbox.destroy();
      }
    };

    it('gives output and exit code', async () => {
      await withSandbox({ a: { stdout: 'one\ntwo\n', stderr: 'oops\n', exitCode: 3 } }, async ({ start }) => {
        const { running, sink } = await start('a');
        expect(await running.ended).toEqual({ exitCode: 3 });
        expect(sink.text('stdout')).toContain('one\ntwo\n');
        expect(sink.text('stderr')).toBe('oops\n');
      });
    });

    it('ends a program that listens to SIGTERM', async () => {
      await withSandbox({ a: { hangs: true } }, async ({ start }) => {
        const { running } = await start('a');
        await running.stop(10_000);
        expect((await running.ended).exitCode).toBe(143);
      });
    });

    it('kills one that does not, after the grace', async () => {
      await withSandbox({ a: { hangs: true, ignoresTerm: true, stdout: 'ready\n' } }, async ({ start }) => {
        const { running, sink } = await start('a');
        await until(() => sink.text('stdout').includes('ready'));
        await running.stop(300);
        await running.stop(300);
        expect((await running.ended).exitCode).toBe(137);
      });
    });

    it('says what cannot start, and leaves nothing running', async () => {
      const input = aJob({ steps: [harness.unstartable('a')] });
      const sandbox = await harness.executor.prepare(input, idle);
      await expect(sandbox.startStep(launchOf(input, 'a'))).rejects.toBeInstanceOf(ExecutorError);
      expect(await sandbox.adoptStep({ ...launchOf(input, 'a'), readFrom: rawStart })).toBeUndefined();
      await sandbox.destroy();
    });

    it('starts nothing once the signal is aborted', async () => {
      const input = aJob({ steps: [harness.step('a', {})] });
      const sandbox = await harness.executor.prepare(input, idle);
      await expect(
        sandbox.startStep(launchOf(input, 'a', new MemorySink(), AbortSignal.abort())),
      ).rejects.toBeDefined();
      await sandbox.destroy();
    });

    it('adopts a step that ran on: recorded exit code, output from the raw offset', async () => {
      await withSandbox({ a: { stdout: 'first\nsecond\n', runsMs: 200, exitCode: 5 } }, async ({ input, start }) => {
        const { running, sink } = await start('a');
        await running.ended;
        const all = sink.text('stdout');
        const adopted = await harness.executor.adopt(input);
        const again = new MemorySink();
        const taken = await adopted?.adoptStep({
          ...launchOf(input, 'a', again),
          readFrom: { stdout: all.length - 7, stderr: 0 },
        });
        expect(await taken?.ended).toEqual({ exitCode: 5 });
        expect(again.text('stdout')).toBe('second\n');
      });
    });

    it('adopts no step that never ran', async () => {
      await withSandbox({ a: {} }, async ({ input, sandbox }) => {
        expect(await sandbox.adoptStep({ ...launchOf(input, 'a'), readFrom: rawStart })).toBeUndefined();
      });
    });

    it('forgets a sandbox that was destroyed, as often as it is', async () => {
      const input = aJob({ steps: [harness.step('a', { hangs: true, ignoresTerm: true })] });
      const sandbox = await harness.executor.prepare(input, idle);
      const running = await sandbox.startStep(launchOf(input, 'a'));
      running.ended.catch(() => undefined);
      await sandbox.destroy();
      await sandbox.destroy();
      expect(await harness.executor.adopt(input)).toBeUndefined();
    });

    it('sweeps what nobody holds, and nothing else', async () => {
      const [held, orphan] = [
        aJob({ steps: [harness.step('a', {})] }),
        aJob({ steps: [harness.step('a', { hangs: true })] }),
      ];
      const kept = await harness.executor.prepare(held, idle);
      const left = await harness.executor.prepare(orphan, idle);
      (await left.startStep(launchOf(orphan, 'a'))).ended.catch(() => undefined);
      expect(await harness.executor.sweep(new Set([attemptKey(attemptOf(held))]))).toBeGreaterThan(0);
      expect(await harness.executor.adopt(orphan)).toBeUndefined();
      expect(await harness.executor.adopt(held)).toBeDefined();
      await kept.destroy();
    });
  });
};

/** Waits for a condition that output brings about; fails with the spec's own time limit. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};
