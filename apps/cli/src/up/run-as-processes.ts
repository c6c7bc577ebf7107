import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@cyclone/local-servers';
import type { ServiceDefinition } from '@cyclone/service-host';
import type { Variables } from './run-in-process.js';
import { supervise, type Runnable, type Supervised } from './supervise.js';

const readyTimeoutMs = 60_000;
const readyPollMs = 50;
const stopTimeoutMs = 35_000;

/** One supervised child process a service, with a log file each. Resolves when all are ready. */
export async function runAsProcesses(
  definitions: readonly ServiceDefinition[],
  variablesOf: (name: string) => Variables,
  options: { readonly logDir: string; readonly say: (message: string) => void },
): Promise<readonly Supervised[]> {
  await mkdir(options.logDir, { recursive: true });
  const starting = definitions.map(({ name }) => {
    const logFile = join(options.logDir, `${name}.log`);
    return supervise(name, () => startProcess(name, variablesOf(name), logFile), options.say);
  });
  const settled = await Promise.allSettled(starting);
  const running = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure === undefined) return running;
  await Promise.all(running.map((service) => service.stop()));
  throw failure.reason;
}

async function startProcess(name: string, variables: Variables, logFile: string): Promise<Runnable> {
  const log = await open(logFile, 'a');
  const healthPort = await freePort();
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [entryPoint(name)], {
    env: { PATH, HOME, ...variables, CYCLONE_HEALTH_PORT: String(healthPort) },
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`${signal ?? `exit code ${code}`}; its log is ${logFile}`));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  };
  const first = await Promise.race([waitUntilReady(healthPort), ended]);
  if (first === 'ready') return { pid: child.pid ?? 0, ended, stop };
  await stop();
  throw new Error(`${name} did not become ready: ${first}`);
}

const entryPoint = (name: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`@cyclone/${name}`)), 'main.js');

async function waitUntilReady(healthPort: number): Promise<string> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return 'ready';
    await sleep(readyPollMs);
  }
  return `it was not after ${readyTimeoutMs / 1_000} s`;
}
