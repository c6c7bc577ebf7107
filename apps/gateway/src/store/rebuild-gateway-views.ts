import { DeliveryId } from '@cyclone/contracts';
import type { CommitReader, EventStore, StreamProjection, ViewedEvent } from '@cyclone/event-store';
import { parseStreamName } from '@cyclone/event-store';
import type { mongo } from 'mongoose';
import { tokenViewOf } from '../tokens/domain/token-view.js';
import { deliveryViewOf } from '../webhooks/domain/delivery-view.js';
import { deliveryListProjection, tokenListProjection } from './list-projections.js';
import {
  deliveriesCollection,
  mongoDeliveryLedger,
  mongoTokenLedger,
  tokensCollection,
  type Row,
} from './mongo-ledgers.js';

/**
 * Makes every row of this service's lists anew from its stream, and removes rows without one; the service may run
 * meanwhile. Row by row: nothing else is in a list than what its own stream says.
 */
export const rebuildGatewayViews = async (
  db: mongo.Db,
  store: Pick<EventStore, 'readStream'> & CommitReader,
): Promise<Readonly<Record<string, number>>> => {
  const [deliveries, tokens] = [await mongoDeliveryLedger(db), await mongoTokenLedger(db)];
  return {
    deliveries: await rebuildRows(db.collection<Row>(deliveriesCollection), store, deliveryListProjection, {
      save: async (id, state) => {
        const view = deliveryViewOf(DeliveryId.parse(id), state);
        if (view !== undefined) await deliveries.save(view);
      },
    }),
    tokens: await rebuildRows(db.collection<Row>(tokensCollection), store, tokenListProjection, {
      save: async (_, state) => {
        const view = tokenViewOf(state);
        if (view !== undefined) await tokens.save(view);
      },
    }),
  };
};

const rebuildRows = async <State>(
  rows: mongo.Collection<Row>,
  store: Pick<EventStore, 'readStream'> & CommitReader,
  projection: StreamProjection<State>,
  ledger: { save(id: string, state: State): Promise<void> },
): Promise<number> => {
  let made = 0;
  for await (const commit of store.byStream({ kinds: [projection.kind] })) {
    if (commit.v !== 1) continue;
    const stream = parseStreamName(commit.s);
    const state = fold(projection, await store.readStream(stream));
    if (state === undefined) continue;
    // A damaged row may say that it is newer than it is: only where there is none does what is saved surely count.
    await rows.deleteOne({ _id: stream.id });
    await ledger.save(stream.id, state);
    made += 1;
  }
  for await (const { _id: id } of rows.find({}, { projection: { _id: 1 } })) {
    if ((await store.readStream({ kind: projection.kind, id }, { limit: 1 })).length === 0)
      await rows.deleteOne({ _id: id });
  }
  return made;
};

const fold = <State>(projection: StreamProjection<State>, events: readonly ViewedEvent[]): State | undefined => {
  let state: State | undefined;
  for (const event of events) state = projection.evolve(state, event);
  return state;
};
