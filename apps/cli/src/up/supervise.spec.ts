import { describe, expect, it } from '@jest/globals';
import { supervise, type Runnable } from './supervise.js';

const limits = { restartsMax: 2, windowMs: 60_000, delayMs: 1 };

function runnables() {
  const ends: ((why: string) => void)[] = [];
  const stopped: number[] = [];
  const start = (): Promise<Runnable> => {
    const pid = ends.length + 1;
    const ended = new Promise<string>((resolve) => ends.push(resolve));
    return Promise.resolve({ pid, ended, stop: () => Promise.resolve(void stopped.push(pid)) });
  };
  return { start, stopped, end: (pid: number) => ends[pid - 1]?.('killed'), started: () => ends.length };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('supervise', () => {
  it('starts again what ended by itself', async () => {
    const fake = runnables();
    const said: string[] = [];
    const supervised = await supervise('log-svc', fake.start, (message) => said.push(message), limits);
    fake.end(1);
    await until(() => supervised.pid() === 2);
    expect(said).toEqual(['log-svc ended (killed); starting it again']);
    await supervised.stop();
    expect(fake.stopped).toEqual([2]);
  });

  it('tells of each new process', async () => {
    const fake = runnables();
    const pids: number[] = [];
    const supervised = await supervise('log-svc', fake.start, () => undefined, limits);
    supervised.onRestart(() => pids.push(supervised.pid()));
    fake.end(1);
    await until(() => pids.length === 1);
    fake.end(2);
    await until(() => pids.length === 2);
    expect(pids).toEqual([2, 3]);
    await supervised.stop();
  });

  it('stops also what is being started again just then', async () => {
    const fake = runnables();
    let mayStart: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (mayStart = resolve));
    const slowStart = async (): Promise<Runnable> => {
      const started = await fake.start();
      if (started.pid > 1) await gate;
      return started;
    };
    const supervised = await supervise('log-svc', slowStart, () => undefined, limits);
    fake.end(1);
    await until(() => fake.started() === 2);
    const stopped = supervised.stop();
    mayStart();
    await stopped;
    expect(fake.stopped).toEqual([2]);
  });

  it('gives up what ends too often', async () => {
    const fake = runnables();
    const supervised = await supervise('log-svc', fake.start, () => undefined, limits);
    for (const pid of [1, 2, 3]) {
      await until(() => supervised.pid() === pid);
      fake.end(pid);
    }
    expect(await supervised.gaveUp).toBe('log-svc ended 3 times, last: killed');
    expect(fake.started()).toBe(3);
  });

  it('leaves stopped what was told to stop', async () => {
    const fake = runnables();
    const supervised = await supervise('log-svc', fake.start, () => undefined, limits);
    await supervised.stop();
    fake.end(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(fake.started()).toBe(1);
  });
});
