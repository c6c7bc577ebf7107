import { DeliveryView, RefusedDeliveryView, TokenView } from '@cyclone/contracts';
import type { mongo } from 'mongoose';
import type { TokenLedger } from '../tokens/token-ledger.js';
import type { DeliveryLedger, RefusedDeliveries } from '../webhooks/delivery-ledger.js';
import { pageOf, readCursor } from './cursor.js';

export interface Row {
  _id: string;
  [field: string]: unknown;
}

export const tokensCollection = 'gateway_tokens';
export const deliveriesCollection = 'gateway_deliveries';

/** An absent field stays absent: a stored null would not parse as one. */
const asWritten = { ignoreUndefined: true };

const duplicateKey = 11_000;
const isDuplicate = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === duplicateKey;

/** Newest first by (time, id): the filter for what comes after a cursor. */
const olderThan = (timeField: string, after: string | undefined): Record<string, unknown> => {
  if (after === undefined) return {};
  const [at, id] = readCursor(after);
  return { $or: [{ [timeField]: { $lt: at } }, { [timeField]: at, _id: { $lt: id } }] };
};

export const mongoTokenLedger = async (db: mongo.Db): Promise<TokenLedger> => {
  const rows = db.collection<Row>(tokensCollection, asWritten);
  await rows.createIndex({ issuedAt: -1, _id: -1 });
  return {
    save: async (view) => {
      // A revocation is the last that happens to a token: what was read before it must not undo it.
      const unlessRevoked = view.revokedAt === undefined ? { revokedAt: { $exists: false } } : {};
      try {
        await rows.replaceOne({ _id: view.id, ...unlessRevoked }, view, { upsert: true });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
    },
    list: async ({ after, limit }) => {
      const found = await rows
        .find(olderThan('issuedAt', after))
        .sort({ issuedAt: -1, _id: -1 })
        .limit(limit + 1)
        .toArray();
      return pageOf(
        found.map((row) => TokenView.parse(row)),
        limit,
        (view) => [view.issuedAt, view.id],
      );
    },
    hasAdministrator: async (now) =>
      (await rows.findOne({
        'scope.role': 'admin',
        revokedAt: { $exists: false },
        expiresAt: { $gt: now },
      })) !== null,
  };
};

export const mongoDeliveryLedger = async (db: mongo.Db): Promise<DeliveryLedger> => {
  const rows = db.collection<Row>(deliveriesCollection, asWritten);
  await rows.createIndex({ projectId: 1, receivedAt: -1, _id: -1 });
  return {
    save: async (view) => {
      try {
        await rows.replaceOne({ _id: view.id, streamVersion: { $lte: view.streamVersion } }, view, { upsert: true });
      } catch (error) {
        // The row is there with a newer version: nothing to do.
        if (!isDuplicate(error)) throw error;
      }
    },
    get: async (id) => {
      const row = await rows.findOne({ _id: String(id) });
      return row === null ? undefined : DeliveryView.parse(row);
    },
    list: async (projectId, { after, limit }) => {
      const found = await rows
        .find({ projectId, ...olderThan('receivedAt', after) })
        .sort({ receivedAt: -1, _id: -1 })
        .limit(limit + 1)
        .toArray();
      return pageOf(
        found.map((row) => DeliveryView.parse(row)),
        limit,
        (view) => [view.receivedAt, view.id],
      );
    },
  };
};

const refusedKeptMax = 100;
const refusedKeptMs = 7 * 86_400_000;

interface RefusedRow {
  _id: string;
  items: RefusedDeliveryView[];
  expiresAt: Date;
}

/** One document a project holds its newest ones, and goes when nothing was refused for a week. */
export const mongoRefusedDeliveries = async (db: mongo.Db): Promise<RefusedDeliveries> => {
  const rows = db.collection<RefusedRow>('gateway_refused_deliveries', asWritten);
  await rows.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  return {
    record: async (projectId, refused) => {
      await rows.updateOne(
        { _id: projectId },
        {
          $push: { items: { $each: [refused], $slice: -refusedKeptMax } },
          $set: { expiresAt: new Date(refused.at + refusedKeptMs) },
        },
        { upsert: true },
      );
    },
    list: async (projectId, limit) => {
      const row = await rows.findOne({ _id: projectId });
      return (row?.items ?? [])
        .slice(-limit)
        .reverse()
        .map((item) => RefusedDeliveryView.parse(item));
    },
  };
};
