import type { Delivery } from './delivery.js';

/**
 * Deliveries that were fetched and have not begun. The broker's ack wait runs while they wait for their turn, so
 * it is told now and then that they are in good hands; and a source that wants to fetch waits here for room.
 */
export class WaitingRoom {
  readonly #waiting = new Set<Delivery>();
  readonly #sources: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #held = 0;

  constructor(
    private readonly heldMax: number,
    ackWaitMs: number,
  ) {
    const everyMs = Math.max(10, Math.floor(ackWaitMs / 3));
    this.#timer = setInterval(() => {
      for (const delivery of this.#waiting) delivery.working();
    }, everyMs);
    this.#timer.unref();
  }

  enter(delivery: Delivery): void {
    this.#held += 1;
    this.#waiting.add(delivery);
  }

  /** Its turn has come. From here on the handler itself says that work goes on. */
  begin(delivery: Delivery): void {
    this.#waiting.delete(delivery);
  }

  leave(delivery: Delivery): void {
    this.#waiting.delete(delivery);
    this.#held -= 1;
    if (this.#held < this.heldMax) this.#sources.shift()?.();
  }

  room(): Promise<void> {
    if (this.#held < this.heldMax) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sources.push(resolve);
    });
  }

  /** Gives back whatever has not begun, for others to take at once. */
  close(): void {
    clearInterval(this.#timer);
    for (const delivery of [...this.#waiting]) {
      delivery.nak(0);
      this.leave(delivery);
    }
    for (const wake of this.#sources.splice(0)) wake();
  }
}
