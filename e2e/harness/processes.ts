import { readFileSync } from 'node:fs';
import { eventually } from '@cyclone/testing';
import type { PlatformUnderTest } from './platform.js';

export const services = ['gateway', 'pipeline-svc', 'log-svc', 'notify-svc', 'runner-svc'] as const;
export type Service = (typeof services)[number];

/** Sends the signal to the part as it runs now, once it does; gives its process id. */
export const signalPart = (platform: PlatformUnderTest, part: string, signal: NodeJS.Signals): Promise<number> =>
  eventually(
    async () => {
      const pid = await platform.pidOf(part);
      if (!isAlive(pid)) throw new Error(`${part} does not run; the platform said:\n${platform.said()}`);
      process.kill(pid, signal);
      return pid;
    },
    { timeoutMs: 30_000 },
  );

/** Once another process than this one plays the part, and is ready. */
export const restarted = (platform: PlatformUnderTest, part: string, before: number): Promise<number> =>
  eventually(
    async () => {
      const pid = await platform.pidOf(part);
      if (pid === before) throw new Error(`${part} was not started again; the platform said:\n${platform.said()}`);
      return pid;
    },
    { timeoutMs: 30_000 },
  );

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The most memory that the process has had at once, as the kernel counted it. */
export function peakMebibytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory to measure`);
  return Number(kibibytes) / 1024;
}
