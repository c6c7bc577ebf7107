import { testMongo } from '@cyclone/testing/servers';
import mongoose from 'mongoose';
import { z } from 'zod';
import { viewStoreContract } from '../testing/view-store.contract.js';
import { databaseOf } from './collections.js';
import { MongoViewStore } from './mongo-view-store.js';
import { MongoWorldViewStore } from './mongo-world-view-store.js';

const Counted = z.object({ versions: z.array(z.number()) });

viewStoreContract('mongo', async () => {
  const server = await testMongo();
  const connection = await mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
  const db = await databaseOf(connection);
  const indexes = [{ key: { 'view.versions': 1 } }];
  return {
    views: await MongoViewStore.open({
      db,
      collection: 'counted_v1',
      parse: (stored) => Counted.parse(stored),
      indexes,
    }),
    world: new MongoWorldViewStore(db, (stored) => z.number().parse(stored)),
    dispose: async () => {
      await connection.close();
      await server.dispose();
    },
  };
});
