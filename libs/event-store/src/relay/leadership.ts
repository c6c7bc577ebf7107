import type { Lease, LeaseStore } from '../lease.js';

export interface LeadershipOptions {
  readonly leases: LeaseStore;
  readonly name: string;
  readonly holder: string;
  readonly ttlMs: number;
  readonly onProblem: (error: unknown) => void;
  /** What to do while in charge; ends soon after the signal says so, and never rejects. */
  readonly lead: (lease: Lease, signal: AbortSignal) => Promise<void>;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });

const tryAcquire = async ({
  leases,
  name,
  holder,
  ttlMs,
  onProblem,
}: LeadershipOptions): Promise<Lease | undefined | 'unknown'> => {
  try {
    return await leases.acquire(name, holder, ttlMs);
  } catch (error) {
    onProblem(error);
    return 'unknown';
  }
};

/** Renews until the lease is lost, or could not be renewed for so long that somebody else may have it. */
const renew = async (options: LeadershipOptions, lease: Lease, stop: AbortSignal): Promise<void> => {
  let renewedAt = performance.now();
  while (!stop.aborted) {
    await pause(options.ttlMs / 3, stop);
    if (stop.aborted) return;
    const askedAt = performance.now();
    const held = await tryAcquire(options);
    if (held === 'unknown' && performance.now() - renewedAt < options.ttlMs * 0.8) continue;
    if (held === undefined || held === 'unknown' || held.epoch !== lease.epoch) return;
    renewedAt = askedAt;
  }
};

/**
 * Leads whenever it holds the lease, until `stop`. What it does while leading must bear a second leader for a moment
 * all the same: a paused process does not know that its time is over.
 */
export const leadWhileHolding = async (options: LeadershipOptions, stop: AbortSignal): Promise<void> => {
  while (!stop.aborted) {
    const lease = await tryAcquire(options);
    if (lease === undefined || lease === 'unknown') {
      await pause(options.ttlMs / 5, stop);
      continue;
    }
    const over = new AbortController();
    const work = options.lead(lease, AbortSignal.any([over.signal, stop])).finally(() => over.abort());
    await renew(options, lease, AbortSignal.any([over.signal, stop]));
    over.abort();
    await work;
    // A term that ended by itself leaves room for whoever made it end.
    await pause(options.ttlMs / 50, stop);
  }
  await options.leases.release(options.name, options.holder).catch(options.onProblem);
};
