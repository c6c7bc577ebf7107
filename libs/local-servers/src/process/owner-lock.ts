import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from './error-facts.js';
import { formatIdentity, identifyProcess, isAlive, parseIdentity } from './process-identity.js';

export interface OwnerLockOptions {
  readonly timeoutMs: number;
  /** Called once when somebody else holds the lock, so that a long wait is explained. */
  readonly onWait?: (ownerPid: number) => void;
}

const POLL_MS = 50;

/**
 * Runs `work` while this process alone holds the lock file. The file names its owner, so a lock whose
 * owner died (kill -9) is taken over at once instead of blocking every later run.
 */
export async function withOwnerLock<T>(
  lockFile: string,
  options: OwnerLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(lockFile), { recursive: true });
  await acquire(lockFile, options);
  try {
    return await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function acquire(lockFile: string, options: OwnerLockOptions): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let announced = false;
  for (;;) {
    if (await tryCreate(lockFile)) return;
    const ownerPid = await livingOwner(lockFile);
    if (Date.now() > deadline) {
      throw new Error(
        `${lockFile} was not free within ${options.timeoutMs} ms (owner: process ${ownerPid ?? 'unknown'})`,
      );
    }
    if (ownerPid !== undefined && !announced) {
      options.onWait?.(ownerPid);
      announced = true;
    }
    await pause(ownerPid === undefined ? 1 : POLL_MS);
  }
}

/** A hard link appears with its content in one step: nobody ever reads a lock without an owner. */
async function tryCreate(lockFile: string): Promise<boolean> {
  const self = await identifyProcess(process.pid);
  const draft = `${lockFile}.${randomUUID()}`;
  await writeFile(draft, formatIdentity(self ?? { pid: process.pid, startedAt: '' }));
  try {
    await link(draft, lockFile);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function livingOwner(lockFile: string): Promise<number | undefined> {
  const text = await readOrUndefined(lockFile);
  if (text === undefined) return undefined;
  const owner = parseIdentity(text);
  if (owner !== undefined && (await isAlive(owner))) return owner.pid;
  await removeDead(lockFile, text);
  return undefined;
}

/** Two waiters may find the same dead lock: only the one whose rename caught that very lock removes it. */
async function removeDead(lockFile: string, deadText: string): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
  } catch {
    return;
  }
  const caught = await readOrUndefined(aside);
  if (caught !== undefined && caught !== deadText) await link(aside, lockFile).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
