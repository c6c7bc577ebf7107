import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { figure, type Figure } from '../figure.js';
import type { Platform } from './platform.js';

const run = promisify(execFile);

/** Milliseconds of processor time that each process has used so far. Only Linux tells it finely enough. */
async function processorTimes(
  pids: Readonly<Record<string, number>>,
): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const msPerTick = 1000 / Number((await run('getconf', ['CLK_TCK'])).stdout);
    const times = await Promise.all(
      Object.entries(pids).map(async ([name, pid]) => [name, (await ticksOf(pid)) * msPerTick] as const),
    );
    return new Map(times);
  } catch {
    return undefined;
  }
}

/** Fields 14 and 15 of proc(5): in user mode and in the kernel. The name before them may hold spaces and brackets. */
async function ticksOf(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/**
 * Processor time that the platform and its servers take for something: unlike wall time it says the same on a busy
 * machine. Empty where the system does not tell.
 */
export async function withProcessorTime<Result>(
  platform: Platform,
  what: { readonly name: string; readonly count: number },
  act: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly processor: readonly Figure[] }> {
  const pids = await platform.pids();
  const before = await processorTimes(pids);
  const result = await act();
  const after = await processorTimes(pids);
  const processor = [...(after ?? [])].flatMap(([name, used]) => {
    const earlier = before?.get(name);
    return earlier === undefined
      ? []
      : [figure(`processor time of ${name}, ${what.name}`, 'ms', (used - earlier) / what.count)];
  });
  return { result, processor };
}
