import { createLogger, createMetrics, type LogLevel } from '@cyclone/observability';
import { loadConfig, type RunningService, type ServiceDefinition } from '@cyclone/service-host';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Starts services side by side in this process. When one cannot start, those that did are stopped again. */
export async function runInProcess(
  definitions: readonly ServiceDefinition[],
  variablesOf: (name: string) => Variables,
  logLevel: LogLevel,
): Promise<readonly RunningService[]> {
  const starting = new AbortController();
  const metrics = createMetrics();
  const attempts = definitions.map(async (definition) => {
    try {
      const config = loadConfig(definition.configSchema, variablesOf(definition.name));
      const context = {
        logger: createLogger({ service: definition.name, level: logLevel }),
        metrics,
        signal: starting.signal,
      };
      return await definition.start(config, context);
    } catch (error) {
      starting.abort(error);
      throw error;
    }
  });
  const settled = await Promise.allSettled(attempts);
  const running = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure === undefined) return running;
  await stopAll(running);
  throw failure.reason;
}

/** The way in is closed first, the truth last. */
export async function stopAll(running: readonly RunningService[]): Promise<void> {
  for (const service of [...running].reverse()) await service.stop();
}
