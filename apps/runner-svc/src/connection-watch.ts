import { setTimeout as delay } from 'node:timers/promises';

/** Without an answer for this long the runner counts itself as cut off. Well below the lease, so that it is never the last to know. */
const cutOffAfterMs = 35_000;
/** A runner that is cut off this long stops: whatever it holds has another owner by then. */
export const giveUpAfterMs = 10 * 60_000;
const lookAgainMs = 500;

/** When the control plane was last heard of, by a clock that nobody can set. */
export class ConnectionWatch {
  private heardAt: number;

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {
    this.heardAt = monotonicMs();
  }

  heard(): void {
    this.heardAt = this.monotonicMs();
  }

  get silentMs(): number {
    return this.monotonicMs() - this.heardAt;
  }

  get isCutOff(): boolean {
    return this.silentMs > cutOffAfterMs;
  }

  /** Whether it is time to stop all work. */
  get mustGiveUp(): boolean {
    return this.silentMs > giveUpAfterMs;
  }

  async whenConnected(signal: AbortSignal): Promise<void> {
    while (this.isCutOff) await delay(lookAgainMs, undefined, { signal });
  }
}
