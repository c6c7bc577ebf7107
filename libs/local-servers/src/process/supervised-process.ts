import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface SupervisedProcessOptions {
  /** How the process is called in messages. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Lives on when its parent ends. By default even kill -9 of the parent takes it along. */
  readonly outlivesParent?: boolean;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, whyever. */
  readonly ended: Promise<ProcessEnd>;
  hasEnded(): boolean;
  /** Asks it to end, and ends it after the grace. Repeating it is safe. */
  stop(graceMs?: number): Promise<void>;
  /** As a crash would end it: no warning, no flush. */
  kill9(): Promise<void>;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

const STOP_GRACE_MS = 10_000;
const LOG_TAIL_LINES = 60;

/**
 * The watcher reads a pipe whose other end only the parent holds: when the parent is gone, however it went,
 * the read ends and the server is asked, then made, to end. `exec` keeps the server's process id the one
 * that the parent sees.
 */
const WATCHED_START = `
exec 3<&0 </dev/null
server=$$
(
  read -r _ <&3
  kill -TERM $server 2>/dev/null
  tries=0
  while [ $tries -lt 50 ] && kill -0 $server 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL $server 2>/dev/null
) >/dev/null 2>&1 &
exec 3<&-
exec "$@"
`;

export async function startSupervised(options: SupervisedProcessOptions): Promise<SupervisedProcess> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, 'a', 0o600);
  try {
    return await supervise(options, spawnServer(options, log.fd));
  } finally {
    await log.close();
  }
}

/** A session of its own: Ctrl-C in the terminal reaches the parent alone, which stops servers in its order. */
function spawnServer(options: SupervisedProcessOptions, logFd: number): ChildProcess {
  const { program, args, environment } = options;
  if (options.outlivesParent === true) {
    return spawn(program, args, { stdio: ['ignore', logFd, logFd], detached: true, env: environment });
  }
  const watched = ['-c', WATCHED_START, options.name, program, ...args];
  return spawn('/bin/sh', watched, { stdio: ['pipe', logFd, logFd], detached: true, env: environment });
}

async function supervise(options: SupervisedProcessOptions, child: ChildProcess): Promise<SupervisedProcess> {
  let end: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      end = { exitCode, signal };
      resolve(end);
    });
  });
  const pid = await pidOf(options.name, child);
  // The server must not keep its parent's event loop alive.
  child.unref();
  unrefPipe(child);
  void ended.then(() => endGroup(pid, child));
  const process: SupervisedProcess = {
    name: options.name,
    pid,
    logFile: options.logFile,
    ended,
    hasEnded: () => end !== undefined,
    stop: async (graceMs = STOP_GRACE_MS) => {
      if (end !== undefined) return;
      child.ref();
      child.kill('SIGTERM');
      const timer = new AbortController();
      const late = pause(graceMs, true, { signal: timer.signal }).catch(() => false);
      if ((await Promise.race([ended, late])) === true) child.kill('SIGKILL');
      await ended;
      timer.abort();
    },
    kill9: async () => {
      if (end !== undefined) return;
      child.ref();
      child.kill('SIGKILL');
      await ended;
    },
  };
  return process;
}

function pidOf(name: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${name} could not be started`, { cause })));
    child.once('spawn', () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

/** Node's type of a child's standard input does not say that it is a socket, which can be unreferenced. */
function unrefPipe(child: ChildProcess): void {
  const pipe: unknown = child.stdin;
  if (typeof pipe === 'object' && pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  child.stdin?.on('error', () => undefined);
}

/** The watcher must not outlive the server: its number might be another process's by then. */
function endGroup(pid: number, child: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
  child.stdin?.destroy();
}

/** The last words of a server. */
export async function logTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
