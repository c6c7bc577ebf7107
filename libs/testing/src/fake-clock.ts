/** Time that a test moves by hand. Timers that became due fire in the order of their times. */
export class FakeClock {
  readonly #timers = new Map<number, { readonly dueMs: number; readonly fire: () => void }>();
  #nowMs: number;
  #lastTimer = 0;

  constructor(start: Date | string = '2030-01-01T00:00:00.000Z') {
    this.#nowMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Calls back once when the clock has moved by this much; the returned function takes it back. */
  after(delayMs: number, fire: () => void): () => void {
    this.#lastTimer += 1;
    const timer = this.#lastTimer;
    this.#timers.set(timer, { dueMs: this.#nowMs + delayMs, fire });
    return () => this.#timers.delete(timer);
  }

  advance(byMs: number): void {
    const target = this.#nowMs + byMs;
    for (let next = this.#nextDue(target); next !== undefined; next = this.#nextDue(target)) {
      const [timer, { dueMs, fire }] = next;
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      fire();
    }
    this.#nowMs = target;
  }

  #nextDue(targetMs: number) {
    const due = [...this.#timers].filter(([, { dueMs }]) => dueMs <= targetMs);
    // Sorting is stable: of two timers due at once the one that was set first fires first.
    return due.sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
  }
}
