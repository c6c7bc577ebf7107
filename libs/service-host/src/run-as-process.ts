import { createLogger, createMetrics, logLevels } from '@cyclone/observability';
import type { Logger, LogLevel, Metrics } from '@cyclone/observability';
import type { z } from 'zod';
import { startHealthServer } from './health-server.js';
import type { HealthServer } from './health-server.js';
import { InvalidConfigError, loadConfig } from './load-config.js';
import type { Environment } from './environment.js';
import type { RunningService, ServiceDefinition } from './service.js';

export interface RunOptions {
  /** Graceful stopping may take so long; then the process ends with what it has. */
  readonly drainMsMax?: number;
  readonly env?: Environment;
  readonly logger?: Logger;
}

const drainMsMaxDefault = 30_000;

const levelOf = (env: Environment): LogLevel => logLevels.find((level) => level === env['CYCLONE_LOG_LEVEL']) ?? 'info';

const healthPortOf = (env: Environment): number | undefined => {
  const port = Number(env['CYCLONE_HEALTH_PORT'] ?? 'none');
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
};

/** One service's life in one process. `exit` is called exactly once, with 0 only after a clean stop. */
class ServiceProcess {
  readonly #starting = new AbortController();
  readonly #metrics: Metrics = createMetrics();
  #service: RunningService | undefined;
  #healthServer: HealthServer | undefined;
  #isStopping = false;

  constructor(
    private readonly definition: ServiceDefinition,
    private readonly logger: Logger,
    private readonly drainMsMax: number,
  ) {}

  watch(): void {
    const onSignal = (signal: NodeJS.Signals): void => void this.#stop(signal);
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    process.on('uncaughtException', (error) => this.#crash('an exception was caught by nobody', error));
    process.on('unhandledRejection', (error) => this.#crash('a rejection was handled by nobody', error));
  }

  async run(env: Environment): Promise<void> {
    const { definition, logger } = this;
    try {
      const config: z.output<typeof definition.configSchema> = loadConfig(definition.configSchema, env);
      await this.#serveHealth(healthPortOf(env));
      const context = { logger, metrics: this.#metrics, signal: this.#starting.signal };
      const service = await definition.start(config, context);
      this.#service = service;
      if (this.#isStopping) return await this.#finish();
      logger.info('the service is ready', { address: service.address, healthPort: this.#healthServer?.port });
    } catch (error) {
      if (this.#isStopping) return process.exit(0);
      if (error instanceof InvalidConfigError)
        logger.fatal('the service cannot start: its configuration is not valid', { problems: error.problems });
      else logger.fatal('the service could not start', { error });
      process.exit(1);
    }
  }

  async #serveHealth(port: number | undefined): Promise<void> {
    if (port === undefined) return;
    const health = async () =>
      this.#isStopping ? { status: 'failing' as const, checks: { host: 'stopping' } } : this.#service?.health();
    this.#healthServer = await startHealthServer({ port, metrics: this.#metrics, health });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#isStopping) {
      this.logger.warn('a second signal: stopping at once', { signal });
      return process.exit(130);
    }
    this.#isStopping = true;
    this.logger.info('stopping', { signal });
    setTimeout(() => {
      this.logger.error('stopping took too long; what was left is cut off', { drainMsMax: this.drainMsMax });
      process.exit(1);
    }, this.drainMsMax).unref();
    // A service that is still starting is finished by `run`, once its start has given up or got through.
    if (this.#service === undefined) this.#starting.abort(new Error('stopped before it had started'));
    else await this.#finish();
  }

  async #finish(): Promise<void> {
    try {
      await this.#service?.stop();
      await this.#healthServer?.close();
      this.logger.info('stopped');
      process.exit(0);
    } catch (error) {
      this.logger.error('stopping failed', { error });
      process.exit(1);
    }
  }

  #crash(message: string, error: unknown): void {
    this.logger.fatal(message, { error });
    process.exit(1);
  }
}

/**
 * Runs a service as this process: environment, config, start, ready; SIGTERM or SIGINT drains it, a second one ends it
 * at once; whatever nobody caught is logged and ends the process with 1.
 */
export const runAsProcess = (definition: ServiceDefinition, options: RunOptions = {}): Promise<void> => {
  const env = options.env ?? process.env;
  const logger = options.logger ?? createLogger({ service: definition.name, level: levelOf(env) });
  const host = new ServiceProcess(definition, logger, options.drainMsMax ?? drainMsMaxDefault);
  host.watch();
  return host.run(env);
};
