import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandId, DeliveryId, type StreamRef, TokenId } from '@cyclone/contracts';
import type { NewEvent } from '@cyclone/event-store';
import { databaseOf, openMongoStores, type MongoStores } from '@cyclone/event-store/mongo';
import { verifyStore, type Finding } from '@cyclone/event-store/verify';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import { createConnection, type Connection, type mongo } from 'mongoose';
import { gatewayViewsToCheck } from './gateway-view-checks.js';
import { mongoDeliveryLedger, mongoTokenLedger, type Row } from './mongo-ledgers.js';
import { rebuildGatewayViews } from './rebuild-gateway-views.js';

const at = 1_700_000_000_000;
const received: NewEvent = {
  type: 'DeliveryReceived',
  data: {
    projectId: 'shop',
    forge: 'generic',
    forgeDeliveryId: 'x',
    kind: 'push',
    headers: {},
    bodyDigest: `sha256:${'0'.repeat(64)}`,
    bodyBytes: 2,
  },
};
const judged: NewEvent = {
  type: 'DeliveryJudged',
  data: { projectId: 'shop', verdict: { kind: 'filtered', reason: 'a ping' } },
};
const issued: NewEvent = {
  type: 'TokenIssued',
  data: {
    tokenId: 't1',
    name: 'ci',
    hash: `sha256:${'1'.repeat(64)}`,
    scope: { role: 'viewer', projects: '*' },
    expiresAt: at + 1,
  },
};
const revoked: NewEvent = { type: 'TokenRevoked', data: { tokenId: 't1' } };

describe('the lists of deliveries and tokens', () => {
  let server: TestMongo;
  let connection: Connection;
  let db: mongo.Db;
  let stores: MongoStores;
  beforeAll(async () => {
    server = await testMongo();
    connection = await createConnection(server.uri, { dbName: server.dbName }).asPromise();
    db = await databaseOf(connection);
    stores = await openMongoStores(connection);
    await append({ kind: 'delivery', id: DeliveryId.parse('d1') }, received, judged);
    await append({ kind: 'token', id: TokenId.parse('t1') }, issued, revoked);
  }, 120_000);
  afterAll(async () => {
    await connection.close();
    await server.dispose();
  });

  const append = (stream: StreamRef, ...events: readonly NewEvent[]) =>
    stores.events.append({
      stream,
      expectedVersion: 0,
      commandId: CommandId.parse(randomUUID()),
      tenant: 'shop',
      actor: { kind: 'system', id: 'spec' },
      trace: { correlationId: 'spec' },
      occurredAt: at,
      events,
    });

  const findings = async (): Promise<Finding[]> => {
    const found: Finding[] = [];
    const check = verifyStore({ store: stores.events, now: at + 3_600_000, views: gatewayViewsToCheck(db) });
    for await (const finding of check) if (finding.check === 'I4') found.push(finding);
    return found;
  };

  it('are missing until they are built, and are then the folds of their streams', async () => {
    expect(await findings()).toMatchObject([
      { message: 'view gateway-deliveries is missing', stream: 'delivery-d1' },
      { message: 'view gateway-tokens is missing', stream: 'token-t1' },
    ]);
    expect(await rebuildGatewayViews(db, stores.events)).toEqual({ deliveries: 1, tokens: 1 });
    expect(await findings()).toEqual([]);
    expect(await (await mongoDeliveryLedger(db)).get(DeliveryId.parse('d1'))).toMatchObject({
      verdict: { kind: 'filtered' },
      streamVersion: 2,
    });
  });

  it.each([
    ['gateway_deliveries', 'd1', { forgeDeliveryId: 'y' }, 'is not the fold of its events'],
    ['gateway_deliveries', 'd1', { streamVersion: 9 }, 'is ahead of its stream, which ends at 2'],
    ['gateway_tokens', 't1', { 'scope.role': 'admin' }, 'is not the fold of its events'],
  ])('are found out and rebuilt where a row of %s was altered', async (collection, id, change, message) => {
    await db.collection<Row>(collection).updateOne({ _id: id }, { $set: change });
    expect(await findings()).toMatchObject([{ message: expect.stringContaining(message) }]);
    await rebuildGatewayViews(db, stores.events);
    expect(await findings()).toEqual([]);
  });

  it('lose rows that no stream has made', async () => {
    await db.collection<Row>('gateway_tokens').insertOne({ _id: 'invented', id: 'invented' });
    expect(await findings()).toMatchObject([
      { message: 'view gateway-tokens has no stream', stream: 'token-invented' },
    ]);
    await rebuildGatewayViews(db, stores.events);
    expect(await findings()).toEqual([]);
  });

  it('keep a revocation however late an older row is saved', async () => {
    const ledger = await mongoTokenLedger(db);
    const [row] = (await ledger.list({ limit: 1 })).items;
    if (row === undefined) throw new Error('no token');
    const { revokedAt, ...before } = row;
    expect(revokedAt).toBe(at);
    await ledger.save(before);
    expect((await ledger.list({ limit: 1 })).items).toEqual([row]);
  });
});
