import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

const TIMEOUT_MS = 5_000;
const INTERVAL_MS = 20;

/**
 * Repeats an assertion until it holds and returns its value. When time is up it throws what the assertion
 * threw last, so that the report shows the difference and not merely that time passed.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = TIMEOUT_MS, intervalMs = INTERVAL_MS } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= deadline) throw withWaitingTime(error, timeoutMs);
    }
    await pause(intervalMs);
  }
}

/** The error itself stays, since test runners format their own assertion errors by what is inside. */
function withWaitingTime(error: unknown, timeoutMs: number): unknown {
  // By shape: errors of Node's own modules are no instances of a test file's Error.
  if (typeof error === 'object' && error !== null && 'message' in error) {
    error.message = `still so after ${timeoutMs} ms: ${String(error.message)}`;
  }
  return error;
}
