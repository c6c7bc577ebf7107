import { afterAll, beforeAll, describe } from '@jest/globals';
import { testMongo } from '@cyclone/testing/servers';
import { type Connection, createConnection } from 'mongoose';
import { MongoWakeUps } from './mongo.wake-ups.js';
import { wakeUpsContract } from './wake-ups.contract.js';

describe('MongoWakeUps', () => {
  let mongo: Awaited<ReturnType<typeof testMongo>>;
  let connection: Connection;
  beforeAll(async () => {
    mongo = await testMongo();
    connection = await createConnection(mongo.uri, { dbName: mongo.dbName }).asPromise();
  }, 120_000);
  afterAll(async () => {
    await connection.close();
    await mongo.dispose();
  });

  wakeUpsContract(async () => {
    await connection.collection('notify_wake_ups').deleteMany({});
    return MongoWakeUps.open(connection);
  });
});
