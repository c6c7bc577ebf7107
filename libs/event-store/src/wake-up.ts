/**
 * Lets a loop sleep until somebody nudges it. A nudge that comes while the loop works is kept, so that none is lost;
 * many are one.
 */
export class WakeUp {
  #nudged = false;
  #wake: (() => void) | undefined;

  nudge(): void {
    this.#nudged = true;
    this.#wake?.();
  }

  /** Resolves at the next nudge, when time is up, or when the signal says to end; never rejects. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#nudged && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener('abort', wake, { once: true });
        this.#wake = wake;
      });
    }
    this.#nudged = false;
  }
}

/** Something that watches for news and nudges; when it is not well, its user must look for itself. */
export interface Watch {
  healthy(): boolean;
  close(): Promise<void>;
}
