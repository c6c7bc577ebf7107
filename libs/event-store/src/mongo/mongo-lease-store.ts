import type { mongo } from 'mongoose';
import type { Lease, LeaseStore } from '../lease.js';
import type { LeaseDocument } from './collections.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

const when = (condition: unknown, then: unknown, otherwise: unknown): object => ({
  $cond: [condition, then, otherwise],
});

/** The update that takes a lease where it may be taken, by the server's clock (`$$NOW`), and else changes nothing. */
const takeover = (holder: string, ttlMs: number): mongo.Document[] => {
  const mine = { $eq: ['$holder', { $literal: holder }] };
  const free = { $lte: [{ $ifNull: ['$expiresAt', new Date(0)] }, '$$NOW'] };
  const taken = { $or: [mine, free] };
  return [
    {
      $set: {
        epoch: when(mine, '$epoch', when(free, { $add: [{ $ifNull: ['$epoch', 0] }, 1] }, '$epoch')),
        expiresAt: when(taken, { $add: ['$$NOW', ttlMs] }, '$expiresAt'),
        holder: when(taken, { $literal: holder }, '$holder'),
      },
    },
  ];
};

export class MongoLeaseStore implements LeaseStore {
  constructor(private readonly leases: mongo.Collection<LeaseDocument>) {}

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    return answered(`acquire the lease ${name}`, async () => {
      try {
        const after = await this.leases.findOneAndUpdate({ _id: name }, takeover(holder, ttlMs), {
          upsert: true,
          returnDocument: 'after',
        });
        return after?.holder === holder ? { name, holder, epoch: after.epoch } : undefined;
      } catch (error) {
        // Two made the first lease of this name at once, and the other one has it.
        if (isDuplicateKey(error)) return undefined;
        throw error;
      }
    });
  }

  async release(name: string, holder: string): Promise<void> {
    await answered(`release the lease ${name}`, () =>
      this.leases.updateOne({ _id: name, holder }, { $set: { expiresAt: new Date(0) } }),
    );
  }
}
