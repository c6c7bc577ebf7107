import type { Delivery } from './delivery.js';

/**
 * Deliveries that were fetched and have not begun. The broker's ack wait runs while they wait for their turn, so
 * it is told now and then that they are in good hands.
 */
export class WaitingRoom {
  readonly #waiting = new Set<Delivery>();
  readonly #timer: NodeJS.Timeout;
  #listener: () => void = () => undefined;
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

  free(): number {
    return this.heldMax - this.#held;
  }

  onRoom(listener: () => void): void {
    this.#listener = listener;
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
    this.#listener();
  }

  /** Gives back whatever has not begun, for others to take at once. */
  close(): void {
    clearInterval(this.#timer);
    this.#listener = () => undefined;
    for (const delivery of [...this.#waiting]) {
      delivery.nak(0);
      this.leave(delivery);
    }
  }
}
