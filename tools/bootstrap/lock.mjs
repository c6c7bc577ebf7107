import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './run-program.mjs';

/**
 * One bootstrap at a time prepares a tree. The same way as withOwnerLock of @cyclone/local-servers, which
 * cannot be used before it is built: the file names its owner and appears in one step, as a hard link.
 */
export async function withTreeLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  let announced = false;
  while (!tryCreate(file)) {
    const owner = livingOwner(file);
    if (owner !== undefined && !announced) {
      say(`Waiting for process ${owner}, which prepares this tree`);
      announced = true;
    }
    await pause(owner === undefined ? 1 : 200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryCreate(file) {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, `${process.pid} ${startTime(process.pid)}`);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function livingOwner(file) {
  const text = readOrEmpty(file);
  const [pid, started] = text.split(' ');
  if (text !== '' && isAlive(Number(pid)) && startTime(pid) === started) return pid;
  // Only the one whose rename caught the dead lock removes it; a new one that was caught goes back.
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readOrEmpty(aside) !== text) linkSync(aside, file);
  } catch {
    // Somebody else was faster.
  }
  rmSync(aside, { force: true });
  return undefined;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Process ids are reused; with the start time one names a process for good. Empty where there is no /proc. */
function startTime(pid) {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === '' ? '' : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
