import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startSupervised } from '@cyclone/local-servers';
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

/** It ends when this process does, however that ends. */
async function startProcess(name: string, variables: Variables, logFile: string): Promise<Runnable> {
  const healthPort = await freePort();
  const { PATH, HOME } = process.env;
  const started = await startSupervised({
    name,
    program: process.execPath,
    args: [entryPoint(name)],
    logFile,
    environment: { PATH, HOME, ...variables, CYCLONE_HEALTH_PORT: String(healthPort) },
  });
  const ended = started.ended.then(
    ({ exitCode, signal }) => `${signal ?? `exit code ${exitCode}`}; its log is ${logFile}`,
  );
  const stop = (): Promise<void> => started.stop(stopTimeoutMs);
  const first = await Promise.race([waitUntilReady(healthPort), ended]);
  if (first === 'ready') return { pid: started.pid, ended, stop };
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
