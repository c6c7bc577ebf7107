import type { Reason } from '@cyclone/contracts';

/** Why work is being stopped: travels as the reason of an AbortSignal. */
export interface StopCause {
  readonly outcome: 'cancelled' | 'timed_out';
  readonly reason: Reason;
}

export const cancelledByUser: StopCause = {
  outcome: 'cancelled',
  reason: { code: 'cancelled', message: 'The build was cancelled.' },
};

const isStopCause = (value: unknown): value is StopCause =>
  typeof value === 'object' &&
  value !== null &&
  'outcome' in value &&
  (value.outcome === 'cancelled' || value.outcome === 'timed_out') &&
  'reason' in value;

export const stopCauseOf = (signal: AbortSignal): StopCause =>
  isStopCause(signal.reason) ? signal.reason : cancelledByUser;

/** `setTimeout` fires at once above this. */
const timerMsMax = 2 ** 31 - 1;

export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the signal was aborted by this deadline, rather than by its parent. */
  readonly passed: boolean;
  dispose(): void;
}

/** A signal that is aborted when its parent is, or when the time is up. */
export const startDeadline = (parent: AbortSignal, afterMs: number, cause: StopCause): Deadline => {
  const own = new AbortController();
  let passed = false;
  const follow = (): void => own.abort(parent.reason);
  const timer = setTimeout(
    () => {
      passed = true;
      own.abort(cause);
    },
    Math.min(Math.max(0, afterMs), timerMsMax),
  );
  // Nobody stays alive only to see a deadline pass.
  timer.unref();
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    get passed() {
      return passed;
    },
    dispose() {
      clearTimeout(timer);
      parent.removeEventListener('abort', follow);
    },
  };
};
