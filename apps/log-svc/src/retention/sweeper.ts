import { randomUUID } from 'node:crypto';
import type { LeaseStore } from '@cyclone/event-store';
import type { Logger } from '@cyclone/observability';

export interface SweeperOptions {
  readonly leases: LeaseStore;
  readonly everyMs: number;
  readonly sweep: () => Promise<void>;
  readonly logger: Logger;
}

const leaseName = 'log-svc-sweep';

/** Sweeps at once and then at every interval, in one process at a time. A sweep that fails is tried again at the next one. */
export class Sweeper {
  readonly #holder = `log-svc-${randomUUID()}`;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(private readonly options: SweeperOptions) {}

  start(): void {
    this.#running = this.#turn();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.options.leases.release(leaseName, this.#holder);
  }

  async #turn(): Promise<void> {
    const { leases, everyMs, sweep, logger } = this.options;
    try {
      if ((await leases.acquire(leaseName, this.#holder, everyMs * 2)) !== undefined) await sweep();
    } catch (error) {
      logger.warn('the sweep over logs failed; the next one comes soon', { error });
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#turn();
    }, everyMs);
  }
}
