import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { freePort } from '@cyclone/local-servers';
import { temporaryFolder } from '@cyclone/testing';
import { createApi, type Api } from './api.js';

const commandPath = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const startTimeoutMs = 90_000;

export interface PlatformUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly api: Api;
  readonly dataDir: string;
  /** What `cyclone up` and its services said, for a failure's message. */
  said(): string;
  /** Process id of a part, as it is now: `mongod`, `nats-server`, `gateway`, ... Services only with `processes`. */
  pidOf(part: string): Promise<number>;
  stop(): Promise<void>;
}

export interface PlatformSettings {
  readonly executor: 'docker' | 'scripted';
  readonly processes?: boolean;
  readonly slots?: number;
  readonly allow?: readonly string[];
  readonly smtpUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const Pids = z.record(z.string(), z.number().int().positive());

/** The platform as its users start it: `cyclone up` in a process of its own, on servers of its own, with a new data folder. */
export async function startPlatform(settings: PlatformSettings): Promise<PlatformUnderTest> {
  const folder = await temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const port = await freePort();
  const child = spawn(process.execPath, [commandPath, ...upArguments(settings, dataDir, port)], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...(process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }),
      // What it remembers of being signed in is this test's alone.
      XDG_CONFIG_HOME: join(folder.path, 'config'),
      ...settings.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const transcript = recordOutput(child);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await folder.dispose();
  };
  try {
    const { url, token } = await waitForStart(child, transcript);
    return {
      url,
      token,
      dataDir,
      api: createApi(url, token),
      said: () => transcript.lines.join('\n'),
      pidOf: async (part) => {
        const pid = Pids.parse(JSON.parse(await readFile(join(dataDir, 'processes.json'), 'utf8')))[part];
        if (pid === undefined) throw new Error(`no process of its own is known for ${part}`);
        return pid;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function upArguments(settings: PlatformSettings, dataDir: string, port: number): string[] {
  return [
    'up',
    ...['--data', dataDir, '--port', String(port), '--executor', settings.executor],
    ...['--slots', String(settings.slots ?? 4), '--log-level', 'warn'],
    ...(settings.processes === true ? ['--processes'] : []),
    ...(settings.smtpUrl === undefined ? [] : ['--smtp', settings.smtpUrl]),
    ...(settings.allow === undefined ? [] : ['--allow', ...settings.allow]),
  ];
}

interface Transcript {
  readonly lines: string[];
  onLine: (line: string) => void;
}

const transcriptLinesMax = 2_000;

function recordOutput(child: ChildProcess): Transcript {
  const transcript: Transcript = { lines: [], onLine: () => undefined };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      transcript.lines.push(line);
      if (transcript.lines.length > transcriptLinesMax) transcript.lines.shift();
      transcript.onLine(line);
    });
  }
  return transcript;
}

function waitForStart(child: ChildProcess, transcript: Transcript): Promise<{ url: string; token: string }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${why}; it said:\n${transcript.lines.join('\n')}`));
    const timer = setTimeout(() => fail(`the platform was not up after ${startTimeoutMs / 1_000} s`), startTimeoutMs);
    child.once('exit', (code, signal) => fail(`"cyclone up" ended with ${signal ?? code}`));
    let url: string | undefined;
    transcript.onLine = (line) => {
      url ??= /answers at (\S+)/.exec(line)?.[1];
      const token = /shown this once: (\S+)/.exec(line)?.[1];
      if (url === undefined || token === undefined) return;
      clearTimeout(timer);
      resolve({ url, token });
    };
  });
}
