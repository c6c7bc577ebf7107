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
