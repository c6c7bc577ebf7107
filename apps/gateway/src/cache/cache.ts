/**
 * Things that may be forgotten: counts for rate limits, one-use tickets. Keys are ours, never a caller's text as it came.
 *
 * - `count` adds one and gives the sum since the window began; the window begins with the first one.
 * - `peek` gives the sum without adding, 0 where there is none.
 * - `take` gives a value once: of any number of callers at once, one gets it.
 * - All throw {@link CacheUnavailableError} when the cache does not answer within a second. What that means is the
 *   caller's to say: rate limits let through (fail open), tickets open nothing (fail closed).
 */
export interface Cache {
  count(key: string, windowMs: number): Promise<number>;
  peek(key: string): Promise<number>;
  put(key: string, value: string, ttlMs: number): Promise<void>;
  take(key: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Thrown when the cache did not answer. */
export class CacheUnavailableError extends Error {
  readonly code = 'cache-unavailable';
  readonly retriable = true;
}
