import { runnerJobsConsumer, subjects } from '@cyclone/contracts';
import type { Provisioner } from '@cyclone/messaging/jetstream';
import type { Clock } from '../clock.js';

/** After this long it is looked again: a broker that lost its store has lost the pools' consumers too. */
export const preparedMs = 5_000;

/** Makes sure that a pool's queue and consumer are there; runners have not the right to make them. Cheap to call often. */
export const preparePools = (provisioner: Provisioner, now: Clock): ((pool: string) => Promise<void>) => {
  const prepared = new Map<string, { readonly at: number; readonly done: Promise<void> }>();
  return (pool) => {
    const known = prepared.get(pool);
    if (known !== undefined && now() - known.at < preparedMs) return known.done;
    const done = provisioner
      .streams()
      .then(() => provisioner.consumer(runnerJobsConsumer(pool), [subjects.jobOffersOf(pool)]));
    prepared.set(pool, { at: now(), done });
    done.catch(() => prepared.delete(pool));
    return done;
  };
};
