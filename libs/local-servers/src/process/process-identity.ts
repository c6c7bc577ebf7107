import { readFile } from 'node:fs/promises';
import { errorCode } from './error-facts.js';

/** A process id alone is reused by the system; with its start time it names one process for good. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!signalReaches(pid)) return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in brackets and may hold spaces: count the fields after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, startedAt: fields[19] ?? '' };
  } catch {
    // No /proc (macOS), or the process ended meanwhile.
    return signalReaches(pid) ? { pid, startedAt: '' } : undefined;
  }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(identity.pid);
  return now !== undefined && now.startedAt === identity.startedAt;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [pid, startedAt = ''] = text.trim().split(/\s+/);
  const number = Number(pid);
  return Number.isSafeInteger(number) && number > 0 ? { pid: number, startedAt } : undefined;
}

export function formatIdentity(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.startedAt}\n`;
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process exists although we may not signal it.
    return errorCode(error) === 'EPERM';
  }
}
