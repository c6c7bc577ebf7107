import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import mongoose, { type Connection } from 'mongoose';
import { Sequencer } from '../relay/sequencer.js';
import { aProject, anAppend } from '../testing/samples.js';
import { MongoPositionStore } from './mongo-position-store.js';
import { openMongoStores } from './open-mongo-stores.js';

let server: TestMongo;
let connection: Connection;
beforeAll(async () => {
  server = await testMongo();
  connection = await mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
}, 120_000);
afterAll(async () => {
  await connection.close();
  await server.dispose();
});

it('readers go on behind a commit that somebody has removed', async () => {
  const { events, collections } = await openMongoStores(connection);
  const positions = new MongoPositionStore(connection.getClient(), collections.commits);
  for (let count = 0; count < 4; count += 1) await events.append(anAppend(aProject()));
  await new Sequencer(positions).turn();
  await positions.close();
  await collections.commits.deleteOne({ g: 2 });

  const first = await events.readAll({ after: 0, limit: 10 });
  const second = await events.readAll({ after: first.position, limit: 10 });

  expect([...first.events, ...second.events].map(({ position }) => position)).toEqual([1, 3, 4]);
  expect(await events.readAll({ after: second.position, limit: 10 })).toEqual({ events: [], position: 4 });
});
