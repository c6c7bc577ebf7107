import type { LeaseStore } from '@cyclone/event-store';

/** Renewed well before it ends; after a crash others wait no longer than this. */
const leaseMs = 15_000;
const renewEveryMs = 5_000;

/** Does the work alone among all processes; undefined when somebody else does it. */
export const withLease = async <Result>(
  leases: LeaseStore,
  name: string,
  holder: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> => {
  if ((await leases.acquire(name, holder, leaseMs)) === undefined) return undefined;
  const renewal = setInterval(() => {
    // A renewal that fails is tried again in time; should all fail, a repeated notice is the lesser evil than a lost one.
    leases.acquire(name, holder, leaseMs).catch(() => undefined);
  }, renewEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await leases.release(name, holder);
  }
};
