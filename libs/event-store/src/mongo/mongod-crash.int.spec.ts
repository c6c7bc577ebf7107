import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutgoingMessage } from '@cyclone/messaging';
import { eventually } from '@cyclone/testing';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import mongoose, { type Connection } from 'mongoose';
import { StoreUnavailableError } from '../errors.js';
import type { Append, AppendResult } from '../event-store.js';
import { aProject, anAppend, commandId, secretSet } from '../testing/samples.js';
import { verifyStore } from '../verify/verify-store.js';
import { openMongoStores, type MongoStores } from './open-mongo-stores.js';
import { startMongoRelay } from './start-mongo-relay.js';

/** Seen to fail with `durable` of collections.ts set to `{w: 1, journal: false}`: acknowledged commands were gone. */
describe('mongod killed under load', () => {
  let server: TestMongo;
  let connection: Connection;
  let stores: MongoStores;
  beforeAll(async () => {
    server = await testMongo();
    const options = { dbName: server.dbName, serverSelectionTimeoutMS: 500, heartbeatFrequencyMS: 500 };
    connection = await mongoose.createConnection(server.uri, options).asPromise();
    stores = await openMongoStores(connection);
  }, 120_000);
  afterAll(async () => {
    await connection?.close();
    await server?.dispose();
  });

  /** As a client does: the same command again until there is an answer. */
  const appendUntilAnswered = async (append: Append): Promise<AppendResult> => {
    for (;;) {
      try {
        return await stores.events.append(append);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  };

  it('loses nothing that was acknowledged, doubles nothing, and the relay goes on', async () => {
    const published: OutgoingMessage[] = [];
    const relay = await startMongoRelay(connection, stores, {
      holder: 'spec',
      leaseTtlMs: 1000,
      inspector: { inspect: async () => ({ createdAt: 1, firstSequence: 1, lastSequence: published.length }) },
      publisher: {
        publish: async (message) => {
          const at = published.findIndex((one) => one.id === message.id);
          if (at < 0) published.push(message);
          return { duplicate: at >= 0, streamSequence: at < 0 ? published.length : at + 1 };
        },
      },
    });
    const acknowledged: { stream: Append['stream']; commandId: Append['commandId'] }[] = [];
    let killing = true;
    const writer = async (number: number): Promise<number> => {
      const stream = aProject();
      let version = 0;
      for (; killing || version < 20; version += 1) {
        const append = anAppend(stream, {
          expectedVersion: version,
          events: [secretSet(version + 1)],
          commandId: commandId(`${number}-${version}`),
        });
        await appendUntilAnswered(append);
        acknowledged.push(append);
      }
      return version;
    };
    const writing = Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)));
    for (let kill = 1; kill <= 3; kill += 1) {
      const enough = acknowledged.length + 150;
      await eventually(() => expect(acknowledged.length).toBeGreaterThan(enough), { timeoutMs: 30_000 });
      await server.kill9();
      await server.restart();
    }
    killing = false;
    const commits = (await writing).reduce((sum, count) => sum + count, 0);
    await eventually(async () => expect(await stores.events.lastPosition()).toBe(commits), { timeoutMs: 30_000 });
    await eventually(() => expect(published).toHaveLength(commits), { timeoutMs: 30_000 });
    await relay.stop();
    expect(acknowledged).toHaveLength(commits);
    const findings = [];
    const lists = (async function* () {
      yield* acknowledged;
    })();
    for await (const finding of verifyStore({ store: stores.events, now: Date.now(), acknowledged: lists }))
      findings.push(finding);
    expect(findings).toEqual([]);
  }, 120_000);

  it('finds one byte that was altered in the database, and names its event', async () => {
    const stream = aProject();
    const { events } = await stores.events.append(anAppend(stream, { events: [secretSet(1), secretSet(2)] }));
    await stores.collections.commits.updateOne({ s: `project-${stream.id}` }, { $set: { 'e.1.data.name': 'TOKEO' } });
    const findings = [];
    for await (const finding of verifyStore({ store: stores.events, now: 0 })) findings.push(finding);
    expect(findings).toEqual([
      expect.objectContaining({ check: 'chain', stream: `project-${stream.id}`, version: 2, eventId: events[1]?.id }),
    ]);
  });
});
