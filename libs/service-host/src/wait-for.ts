import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@cyclone/observability';

export interface WaitOptions {
  /** As people know it: `MongoDB`. */
  readonly what: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  /** Says that waiting will not help. */
  readonly isHopeless?: (error: unknown) => boolean;
}

const firstRetryMs = 100;
const retryMsMax = 2_000;
const lineEveryMs = 10_000;

/** Tries until it works, and says now and then what it waits for: services and servers may start in any order. */
export const waitFor = async <Result>(attempt: () => Promise<Result>, options: WaitOptions): Promise<Result> => {
  const { what, logger, fields, signal, isHopeless } = options;
  for (let tries = 0, saidAt = -Infinity; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (saidAt !== -Infinity) logger.info(`${what} is there`, fields);
      return result;
    } catch (error) {
      if (isHopeless?.(error) === true) throw error;
      if (performance.now() - saidAt > lineEveryMs) {
        logger.warn(`waiting for ${what}`, { ...fields, error });
        saidAt = performance.now();
      }
      await wait(Math.min(retryMsMax, firstRetryMs * 2 ** tries), undefined, { signal });
    }
  }
};
