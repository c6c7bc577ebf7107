import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, createMetrics, type LogLevel } from '@cyclone/observability';
import { loadConfig, type RunningService, type ServiceDefinition } from '@cyclone/service-host';

export type Variables = Readonly<Record<string, string | undefined>>;

/** How long the others may take to notice that one could not start. */
const noticeMs = 3_000;

/** Starts services side by side in this process. When one cannot start, those that did are stopped again. */
export async function runInProcess(
  definitions: readonly ServiceDefinition[],
  variablesOf: (name: string) => Variables,
  logLevel: LogLevel,
): Promise<readonly RunningService[]> {
  const starting = new AbortController();
  const metrics = createMetrics();
  const running: RunningService[] = [];
  const attempts = definitions.map(async (definition) => {
    const config = loadConfig(definition.configSchema, variablesOf(definition.name));
    const logger = createLogger({ service: definition.name, level: logLevel });
    const service = await definition.start(config, { logger, metrics, signal: starting.signal });
    running.push(service);
    return service;
  });
  try {
    return await Promise.all(attempts);
  } catch (error) {
    starting.abort(error);
    // One that waits for a part that will never come must not keep the reason from being told.
    await Promise.race([Promise.allSettled(attempts), sleep(noticeMs, undefined, { ref: false })]);
    await stopAll(running);
    throw error;
  }
}

/** The way in is closed first, the truth last. */
export async function stopAll(running: readonly RunningService[]): Promise<void> {
  for (const service of [...running].reverse()) await service.stop();
}
