import { setTimeout as sleep } from 'node:timers/promises';

/** Something that runs until it ends or is stopped. */
export interface Runnable {
  readonly pid: number;
  /** Resolves with what is known of its end. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Supervised {
  readonly name: string;
  pid(): number;
  /** Resolves with the reason when it ended too often to be started again. */
  readonly gaveUp: Promise<string>;
  /** Told each time that it was started again; its process is another one then. */
  onRestart(listener: () => void): void;
  stop(): Promise<void>;
}

export interface SupervisionLimits {
  readonly restartsMax: number;
  readonly windowMs: number;
  readonly delayMs: number;
}

const defaultLimits: SupervisionLimits = { restartsMax: 10, windowMs: 60_000, delayMs: 200 };

/**
 * Starts it, and starts it again whenever it ends by itself; what it kept on disk is its own affair. Gives up when it has ended
 * more often than the limits allow. Rejects when the first start fails.
 */
export async function supervise(
  name: string,
  start: () => Promise<Runnable>,
  say: (message: string) => void,
  limits: SupervisionLimits = defaultLimits,
): Promise<Supervised> {
  let current = await start();
  let stopping = false;
  const listeners: (() => void)[] = [];
  const ends: number[] = [];
  let restart: Promise<void> = Promise.resolve();
  const startAgain = async (): Promise<void> => {
    await sleep(limits.delayMs);
    if (stopping) return;
    try {
      current = await start();
      for (const listener of listeners) listener();
    } catch (error) {
      say(`${name} did not start again: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const gaveUp = (async (): Promise<string> => {
    for (;;) {
      const why = await current.ended;
      if (stopping) return new Promise<never>(() => undefined);
      const now = performance.now();
      ends.push(now);
      if (ends.filter((at) => now - at < limits.windowMs).length > limits.restartsMax) {
        return `${name} ended ${ends.length} times, last: ${why}`;
      }
      say(`${name} ended (${why}); starting it again`);
      restart = startAgain();
      await restart;
    }
  })();
  return {
    name,
    pid: () => current.pid,
    gaveUp,
    onRestart: (listener) => void listeners.push(listener),
    async stop() {
      stopping = true;
      // What is being started again just now would otherwise outlive its stop.
      await restart;
      await current.stop();
    },
  };
}
