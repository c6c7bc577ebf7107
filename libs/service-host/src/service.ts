import type { Logger, Metrics } from '@cyclone/observability';
import type { z } from 'zod';

export interface HealthReport {
  /** `degraded`: works, but not all of it. `failing`: send it nothing. */
  readonly status: 'ok' | 'degraded' | 'failing';
  /** What was looked at, by name: `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface RunningService {
  readonly name: string;
  /** Where it listens for HTTP, if it does. */
  readonly address?: string;
  /** Answers within a second or two, whatever state the service is in. */
  health(): Promise<HealthReport>;
  /** Takes nothing new, finishes what runs, closes. Called once. */
  stop(): Promise<void>;
}

/** What the host gives to every service; a specification makes its own. */
export interface ServiceContext {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts when the host wants the service to stop before it has started: waiting for a server ends then. */
  readonly signal: AbortSignal;
}

/**
 * One service, startable alone in its process or beside others in one. `start` resolves when the service is ready,
 * waits for servers that are not there yet (saying for what), and reads nothing of the environment.
 */
export interface ServiceDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly configSchema: Schema;
  start(config: z.output<Schema>, context: ServiceContext): Promise<RunningService>;
}

/** Keeps the types of schema and start together. */
export const defineService = <Schema extends z.ZodType>(
  definition: ServiceDefinition<Schema>,
): ServiceDefinition<Schema> => definition;
