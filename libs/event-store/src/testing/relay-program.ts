import mongoose from 'mongoose';
import {
  connectNats,
  createProvisioner,
  JetStreamPublisher,
  JetStreamStreamInspector,
} from '@cyclone/messaging/jetstream';
import { silentLogger } from '@cyclone/observability';
import { z } from 'zod';
import { openMongoStores } from '../mongo/open-mongo-stores.js';
import { startMongoRelay } from '../mongo/start-mongo-relay.js';

const Settings = z.object({ mongoUri: z.string(), dbName: z.string(), natsUrl: z.string(), holder: z.string() });

/** A relay and nothing else, to be killed. */
const { mongoUri, dbName, natsUrl, holder } = Settings.parse(JSON.parse(process.argv[2] ?? ''));
process.stdin.on('end', () => process.exit()).resume();
const connection = await mongoose.createConnection(mongoUri, { dbName }).asPromise();
const link = await connectNats({ url: natsUrl, name: holder, logger: silentLogger });
const provisioner = createProvisioner(link);
await startMongoRelay(connection, await openMongoStores(connection), {
  publisher: new JetStreamPublisher({ link, provisioner }),
  inspector: new JetStreamStreamInspector({ link, provisioner }),
  holder,
  leaseTtlMs: 500,
});
