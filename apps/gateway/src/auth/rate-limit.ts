import type { Logger } from '@cyclone/observability';
import type { Cache } from '../cache/cache.js';

export interface RateLimit {
  /** True when this address has failed too often lately. */
  isExceeded(address: string): Promise<boolean>;
  recordFailure(address: string): Promise<void>;
}

/** Failed authentications per address. Without its cache it lets through: tokens cannot be guessed anyway. */
export const createRateLimit = (options: {
  readonly cache: Cache;
  readonly failuresMax: number;
  readonly windowMs: number;
  readonly logger: Logger;
}): RateLimit => {
  const { cache, failuresMax, windowMs, logger } = options;
  const keyOf = (address: string): string => `auth-failures:${address}`;
  const orOpen = async <Value>(work: () => Promise<Value>, open: Value): Promise<Value> => {
    try {
      return await work();
    } catch (error) {
      logger.warn('rate limits are off: the cache does not answer', { error });
      return open;
    }
  };
  return {
    isExceeded: (address) => orOpen(async () => (await cache.peek(keyOf(address))) >= failuresMax, false),
    recordFailure: (address) => orOpen(async () => void (await cache.count(keyOf(address), windowMs)), undefined),
  };
};
