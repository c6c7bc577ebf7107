import { DeliveryId } from '@cyclone/contracts';
import { viewsToCheck, type CheckedViews, type ViewCheckOptions } from '@cyclone/event-store/verify';
import type { mongo } from 'mongoose';
import { tokenViewOf } from '../tokens/domain/token-view.js';
import { deliveryViewOf } from '../webhooks/domain/delivery-view.js';
import { deliveryListProjection, tokenListProjection } from './list-projections.js';
import { deliveriesCollection, tokensCollection, type Row } from './mongo-ledgers.js';

/** Every list of this service beside the fold that it must be; needs to read the database only. */
export const gatewayViewsToCheck = (db: mongo.Db): readonly CheckedViews[] => [
  viewsToCheck(
    deliveryListProjection,
    storedRows(db, deliveriesCollection, ({ streamVersion }) => Number(streamVersion)),
    (state, id) => deliveryViewOf(DeliveryId.parse(id), state),
  ),
  viewsToCheck(
    tokenListProjection,
    // A token is issued, and then perhaps revoked: its row shows how far it has come.
    storedRows(db, tokensCollection, ({ revokedAt }) => (revokedAt === undefined ? 1 : 2)),
    (state) => tokenViewOf(state),
  ),
];

const storedRows = (
  db: mongo.Db,
  collection: string,
  versionOf: (row: Row) => number,
): ViewCheckOptions<unknown>['views'] => {
  const rows = db.collection<Row>(collection, { readConcern: { level: 'majority' }, readPreference: 'primary' });
  const stored = ({ _id, ...view }: Row) => ({ view, version: versionOf({ _id, ...view }) });
  return {
    load: async (id) => {
      const row = await rows.findOne({ _id: id });
      return row === null ? undefined : stored(row);
    },
    async *all() {
      for await (const row of rows.find()) yield { id: row._id, ...stored(row) };
    },
  };
};
