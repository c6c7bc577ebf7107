import { join } from 'node:path';
import mongoose, { type Connection, type mongo } from 'mongoose';
import { rebuildViews, type StreamProjection } from '@cyclone/event-store';
import {
  databaseOf,
  durableCollection,
  MongoViewStore,
  openMongoStores,
  startMongoRelay,
  type MongoStores,
} from '@cyclone/event-store/mongo';
import { startMongod, startNatsServer } from '@cyclone/local-servers';
import {
  connectNats,
  createProvisioner,
  JetStreamPublisher,
  JetStreamStreamInspector,
} from '@cyclone/messaging/jetstream';
import { silentLogger } from '@cyclone/observability';
import { eventually } from '@cyclone/testing';
import { z } from 'zod';
import { figureOf, type Figure } from '../figure.js';
import { secondsOf, type OwnMeasure } from './measure.js';
import { commitsPerBuild, eventsPerBuild, writeBuilds } from './sample-builds.js';

const pageEvents = 1_000;
const ways = [
  { writers: 1, builds: 60 },
  { writers: 64, builds: 640 },
] as const;

/** Commits appended, published and read again: the library on a real MongoDB and JetStream, beside the bare driver. */
export const eventStore: OwnMeasure = {
  id: 'store',
  title: 'the event store: commits appended, events published and rebuilt',
  async run({ rounds, folder }) {
    const mongod = await startMongod({ dataDir: join(folder, 'mongod') });
    const nats = await startNatsServer({ dataDir: join(folder, 'nats') });
    const connection = mongoose.createConnection(mongod.url, { dbName: 'bench' });
    try {
      const stores = await openMongoStores(connection);
      const appends = await measureAppends(connection, stores, rounds);
      const events = rounds * ways.reduce((sum, { builds }) => sum + builds * eventsPerBuild, 0);
      const relayed = await measureRelay(connection, stores, nats.url, events);
      const rebuilt = await measureRebuild(connection, stores, events, rounds);
      return {
        figures: [...appends, relayed, ...rebuilt],
        notes: ['Of rates more is better, also in the ratio.', `${events} events in the store when it is read again.`],
      };
    } finally {
      await connection.close();
      await nats.stop();
      await mongod.stop();
    }
  },
};

async function measureAppends(connection: Connection, stores: MongoStores, rounds: number): Promise<readonly Figure[]> {
  const plain = durableCollection<mongo.Document>(await databaseOf(connection), 'plain');
  const figures: Figure[] = [];
  await writeBuilds(stores.events, 0, 1, 0);
  for (const { writers, builds } of ways) {
    const commits = builds * commitsPerBuild;
    const rates: number[] = [];
    const floors: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floors.push(commits / (await secondsOf(() => insertPlainly(plain, commits, writers))));
      rates.push(commits / (await secondsOf(() => writeBuilds(stores.events, builds, writers, Date.now()))));
    }
    const who = writers === 1 ? 'one writer' : `${writers} writers`;
    const floor = { name: 'insertOne, journaled, no index', samples: floors };
    figures.push(figureOf(`commits appended, ${who}`, '/s', rates, { floor }));
  }
  return figures;
}

/** As many bytes as a commit of a build has at its middle. */
const plainBytes = 700;

async function insertPlainly(plain: mongo.Collection, documents: number, writers: number): Promise<void> {
  let left = documents;
  const text = 'x'.repeat(plainBytes);
  const write = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      await plain.insertOne({ text });
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

/** All that waits is given its position and published; an installation after a long silence of its broker. */
async function measureRelay(
  connection: Connection,
  stores: MongoStores,
  natsUrl: string,
  events: number,
): Promise<Figure> {
  const link = await connectNats({ url: natsUrl, name: 'bench', logger: silentLogger });
  try {
    const provisioner = createProvisioner(link);
    await provisioner.streams();
    const commits = await stores.collections.commits.countDocuments();
    const seconds = await secondsOf(async () => {
      const relay = await startMongoRelay(connection, stores, {
        publisher: new JetStreamPublisher({ link, provisioner }),
        inspector: new JetStreamStreamInspector({ link, provisioner }),
        holder: 'bench',
      });
      await eventually(
        () => {
          if ((relay.watermark()?.position ?? 0) < commits) throw new Error('not all is published');
        },
        { timeoutMs: 120_000, intervalMs: 10 },
      );
      await relay.stop();
    });
    return figureOf('events given a position and published', '/s', [events / seconds]);
  } finally {
    await link.close();
  }
}

const Counted = z.object({ events: z.number(), last: z.string() });
type Counted = z.infer<typeof Counted>;

/** The least that a view can hold: what remains is the library's cost. */
const counting: StreamProjection<Counted> = {
  name: 'bench',
  kind: 'build',
  evolve: (view, event) => ({ events: (view?.events ?? 0) + 1, last: event.type }),
};

async function measureRebuild(
  connection: Connection,
  { events: store, collections }: MongoStores,
  events: number,
  rounds: number,
): Promise<readonly Figure[]> {
  const db = await databaseOf(connection);
  const views = await MongoViewStore.open({ db, collection: 'counted', parse: Counted.parse });
  const [scans, reads, rebuilds]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    scans.push(
      events /
        (await secondsOf(() =>
          collections.commits
            .find({ g: { $gt: 0 } })
            .sort({ g: 1 })
            .toArray(),
        )),
    );
    reads.push(events / (await secondsOf(() => readTheWorld(store))));
    rebuilds.push(events / (await secondsOf(() => rebuildViews({ projection: counting, views, store }))));
  }
  const floor = { name: "the driver's cursor over the commits", samples: scans };
  return [
    figureOf('events read in order', '/s', reads, { floor }),
    figureOf('events rebuilt into views', '/s', rebuilds, { floor }),
  ];
}

async function readTheWorld(store: MongoStores['events']): Promise<void> {
  for (let position = 0; ;) {
    const page = await store.readAll({ after: position, limit: pageEvents });
    if (page.position === position) return;
    position = page.position;
  }
}
