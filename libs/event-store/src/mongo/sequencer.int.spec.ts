import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import mongoose, { type Connection } from 'mongoose';
import type { StoredCommit } from '../commit.js';
import { StreamConflictError } from '../errors.js';
import type { Append } from '../event-store.js';
import { Sequencer } from '../relay/sequencer.js';
import { aProject, anAppend, secretSet } from '../testing/samples.js';
import { MongoPositionStore } from './mongo-position-store.js';
import { openMongoStores, type MongoStores } from './open-mongo-stores.js';

/**
 * Seen to fail without the unique index on g (a position given twice) and without the unique index on (stream,
 * command) (a repeated command appended twice). The filter `g: {$exists: false}` of `assign` can be left out without a
 * failure here: it is a second wall behind the index.
 */
describe('writers and sequencers that compete', () => {
  let server: TestMongo;
  let connections: Connection[];
  let stores: MongoStores[];
  beforeAll(async () => {
    server = await testMongo();
    const connect = () => mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
    connections = [await connect(), await connect()];
    stores = [];
    for (const connection of connections) stores.push(await openMongoStores(connection));
  }, 120_000);
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await server.dispose();
  });

  const appendUntilThere = async (events: MongoStores['events'], append: Append): Promise<'appended' | 'repeated'> => {
    for (;;) {
      const stream = await events.readStream(append.stream);
      try {
        return (await events.append({ ...append, expectedVersion: stream.length })).kind;
      } catch (error) {
        if (!(error instanceof StreamConflictError)) throw error;
      }
    }
  };

  it('leave every command once, every stream in order, and positions without a gap', async () => {
    const [left, right] = stores;
    if (left === undefined || right === undefined) throw new Error('two stores are needed');
    const hot = Array.from({ length: 4 }, () => aProject());
    const counts = { appended: 0, repeated: 0 };
    const writer = async (number: number): Promise<void> => {
      for (let turn = 0; turn < 10; turn += 1) {
        const stream = hot[(number + turn) % hot.length] ?? aProject();
        const events = Array.from({ length: 1 + (turn % 3) }, (_, index) => secretSet(index + 1));
        const append = anAppend(stream, { events });
        const sent = turn % 5 === 0 ? [left, right] : [number % 2 === 0 ? left : right];
        for (const kind of await Promise.all(sent.map(({ events: store }) => appendUntilThere(store, append))))
          counts[kind] += 1;
      }
    };
    let writing = true;
    const sequence = async ({ collections }: MongoStores, connection: Connection | undefined): Promise<number> => {
      if (connection === undefined) throw new Error('no connection');
      const positions = new MongoPositionStore(connection.getClient(), collections.commits);
      const sequencer = new Sequencer(positions);
      let contended = 0;
      for (let empty = 0; writing || empty < 2;) {
        const given = await sequencer.turn();
        if (given === 'contended') contended += 1;
        empty = given.length === 0 ? empty + 1 : 0;
      }
      await positions.close();
      return contended;
    };
    const sequencing = Promise.all([sequence(left, connections[0]), sequence(right, connections[1])]);
    await Promise.all(Array.from({ length: 20 }, (_, number) => writer(number)));
    writing = false;
    const contended = await sequencing;

    expect(counts).toEqual({ appended: 200, repeated: 40 });
    const commits: StoredCommit[] = [];
    for await (const commit of left.events.byPosition({ after: 0 })) commits.push(commit);
    expect(commits.map((commit) => commit.g)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    for (const { id } of hot) {
      let next = 1;
      for (const commit of commits.filter(({ s }) => s === `project-${id}`)) {
        expect(commit.v).toBe(next);
        next += commit.n;
      }
    }
    expect(await left.collections.commits.countDocuments({ u: true })).toBe(0);
    // Else they never met, and this proved nothing.
    expect(contended[0] + contended[1]).toBeGreaterThan(0);
  }, 60_000);
});
