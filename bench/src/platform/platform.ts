import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '@cyclone/local-servers';
import { temporaryFolder } from '@cyclone/testing';

const commandPath = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const startTimeoutMs = 90_000;
const linesMax = 500;

export interface PlatformSettings {
  readonly executor: 'docker' | 'scripted';
  readonly slots?: number;
  /** CPU profiles of the process go here when it stops. */
  readonly profileDir?: string | undefined;
}

/** `cyclone up` as its users start it: one process for all services, MongoDB and NATS beside it, a new data folder. */
export interface Platform extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** A folder that it may clone from. */
  readonly repositoriesDir: string;
  /** Process ids by part; `cyclone` is the platform itself. */
  pids(): Promise<Readonly<Record<string, number>>>;
  said(): string;
}

export async function startPlatform(settings: PlatformSettings): Promise<Platform> {
  const folder = await temporaryFolder('bench');
  const dataDir = join(folder.path, 'data');
  const repositoriesDir = join(folder.path, 'repositories');
  const port = await freePort();
  const profiling = settings.profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${settings.profileDir}`];
  const child = spawn(
    process.execPath,
    [
      ...profiling,
      ...[commandPath, 'up', '--data', dataDir, '--port', String(port), '--log-level', 'error'],
      ...['--executor', settings.executor, '--slots', String(settings.slots ?? 4), '--allow', repositoriesDir],
    ],
    {
      // What it remembers of being signed in is this run's alone.
      env: { ...process.env, XDG_CONFIG_HOME: join(folder.path, 'config'), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const lines = recordOutput(child);
  const dispose = async (): Promise<void> => {
    await endOf(child);
    await folder.dispose();
  };
  try {
    const { url, token } = await waitForStart(child, lines);
    return {
      url,
      token,
      repositoriesDir,
      said: () => lines.join('\n'),
      pids: async () => {
        const servers = Pids.parse(JSON.parse(await readFile(join(dataDir, 'processes.json'), 'utf8')));
        return { cyclone: child.pid ?? 0, ...servers };
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const Pids = z.record(z.string(), z.number().int().positive());

function recordOutput(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > linesMax) lines.shift();
      child.emit('cyclone-line');
    });
  }
  return lines;
}

async function waitForStart(child: ChildProcess, lines: readonly string[]): Promise<{ url: string; token: string }> {
  const late = AbortSignal.timeout(startTimeoutMs);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`"cyclone up" ended with ${String(code)}; it said:\n${lines.join('\n')}`);
  });
  for (;;) {
    const url = lines.flatMap((line) => /answers at (\S+)/.exec(line)?.[1] ?? [])[0];
    const token = lines.flatMap((line) => /shown this once: (\S+)/.exec(line)?.[1] ?? [])[0];
    if (url !== undefined && token !== undefined) {
      // From here on its end is found out by whoever asks it something.
      ended.catch(() => undefined);
      return { url, token };
    }
    await Promise.race([once(child, 'cyclone-line', { signal: late }), ended]);
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
