import type { mongo } from 'mongoose';
import type { Claim, IdempotencyKeys } from '../http/idempotency.js';

const keptMs = 24 * 60 * 60_000;
const claimMs = 60_000;

interface KeyRow {
  _id: string;
  digest: string;
  sealed?: string;
  claimedAt: Date;
}

const claimOf = (row: Pick<KeyRow, 'digest' | 'sealed'>, digest: string): Claim => {
  if (row.digest !== digest) return { kind: 'other', digest: row.digest };
  return row.sealed === undefined ? { kind: 'running' } : { kind: 'answered', digest: row.digest, sealed: row.sealed };
};

export const mongoIdempotencyKeys = async (db: mongo.Db, now: () => number): Promise<IdempotencyKeys> => {
  const rows = db.collection<KeyRow>('gateway_idempotency_keys');
  await rows.createIndex({ claimedAt: 1 }, { expireAfterSeconds: keptMs / 1000 });
  return {
    claim: async (key, digest) => {
      const claimedAt = new Date(now());
      const before = await rows.findOneAndUpdate(
        { _id: key },
        { $setOnInsert: { digest, claimedAt } },
        { upsert: true, returnDocument: 'before' },
      );
      if (before === null) return { kind: 'mine' };
      const isAbandoned = before.sealed === undefined && before.claimedAt.getTime() + claimMs < claimedAt.getTime();
      if (!isAbandoned || before.digest !== digest) return claimOf(before, digest);
      const taken = await rows.updateOne(
        { _id: key, claimedAt: before.claimedAt, sealed: { $exists: false } },
        { $set: { claimedAt } },
      );
      return taken.modifiedCount === 1 ? { kind: 'mine' } : { kind: 'running' };
    },
    answer: async (key, sealed) => void (await rows.updateOne({ _id: key }, { $set: { sealed } })),
    release: async (key) => void (await rows.deleteOne({ _id: key, sealed: { $exists: false } })),
  };
};

export const memoryIdempotencyKeys = (now: () => number = Date.now): IdempotencyKeys => {
  const rows = new Map<string, { digest: string; sealed?: string; claimedAt: number }>();
  return {
    claim: (key, digest) => {
      const row = rows.get(key);
      const isAbandoned =
        row !== undefined && row.digest === digest && row.sealed === undefined && row.claimedAt + claimMs < now();
      if (row !== undefined && !isAbandoned) return Promise.resolve(claimOf(row, digest));
      rows.set(key, { digest, claimedAt: now() });
      return Promise.resolve({ kind: 'mine' });
    },
    answer: (key, sealed) => {
      const row = rows.get(key);
      if (row !== undefined) row.sealed = sealed;
      return Promise.resolve();
    },
    release: (key) => Promise.resolve(void rows.delete(key)),
  };
};
