import { testMongo } from '@cyclone/testing/servers';
import mongoose from 'mongoose';
import { Sequencer } from '../relay/sequencer.js';
import { eventStoreContract } from '../testing/event-store.contract.js';
import { MongoPositionStore } from './mongo-position-store.js';
import { openMongoStores } from './open-mongo-stores.js';

eventStoreContract('mongo', async () => {
  const server = await testMongo();
  const connection = await mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
  const { events, collections } = await openMongoStores(connection);
  const positions = new MongoPositionStore(connection.getClient(), collections.commits);
  const sequencer = new Sequencer(positions);
  return {
    store: events,
    settle: async () => {
      for (let given = await sequencer.turn(); given.length > 0; given = await sequencer.turn());
    },
    dispose: async () => {
      await positions.close();
      await connection.close();
      await server.dispose();
    },
  };
});
