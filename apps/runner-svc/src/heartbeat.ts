import { setTimeout as delay } from 'node:timers/promises';
import { heartbeatMs, type RunnerOrders } from '@cyclone/contracts';
import type { Logger } from '@cyclone/observability';
import type { ConnectionWatch } from './connection-watch.js';

const retryMs = 2_000;
/** A control plane that starts or is replaced is silent for so long, and nobody need look. */
const expectedSilenceMs = 5_000;

export interface HeartbeatPorts {
  readonly announce: () => Promise<RunnerOrders>;
  readonly obey: (orders: RunnerOrders) => Promise<void>;
  /** The control plane has not been heard of for so long that all work must stop. */
  readonly giveUp: () => void;
  readonly watch: ConnectionWatch;
  readonly logger: Logger;
}

/** Announces the runner regularly, and at once when something changed; one announcement at a time. */
export class Heartbeat {
  private announcing: Promise<void> | undefined;
  private again = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly ports: HeartbeatPorts) {}

  start(): void {
    this.timer = setInterval(() => this.beat(), heartbeatMs);
  }

  /** A change while an announcement is under way makes another follow. */
  beat(): void {
    if (this.stopping.signal.aborted) return;
    if (this.announcing !== undefined) {
      this.again = true;
      return;
    }
    this.announcing = this.announce().finally(() => {
      this.announcing = undefined;
      if (!this.again) return;
      this.again = false;
      this.beat();
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.announcing;
  }

  private async announce(): Promise<void> {
    const { announce, obey, giveUp, watch, logger } = this.ports;
    try {
      const orders = await announce();
      watch.heard();
      await obey(orders);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const silentMs = Math.round(watch.silentMs);
      logger[silentMs < expectedSilenceMs ? 'info' : 'warn']('the control plane did not answer', { error, silentMs });
      if (watch.mustGiveUp) giveUp();
      await delay(retryMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      this.again = true;
    }
  }
}
