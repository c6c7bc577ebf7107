import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import mongoose, { type Connection, type mongo } from 'mongoose';
import { createCheckpointer, type Checkpointer } from '../checkpoint/checkpointer.js';
import { isPositioned, type StoredCommit } from '../commit.js';
import { Sequencer } from '../relay/sequencer.js';
import { rewriteHistory } from '../testing/rewrite-history.js';
import { aProject, anAppend, secretSet } from '../testing/samples.js';
import { at, collect, later } from '../testing/verify-support.js';
import type { ExportedLine } from '../verify/check-checkpoints.js';
import type { Finding } from '../verify/finding.js';
import { verifyStore } from '../verify/verify-store.js';
import { databaseOf, type CommitDocument } from './collections.js';
import { MongoCheckpointStore } from './mongo-checkpoint-store.js';
import { MongoPositionStore } from './mongo-position-store.js';
import { openMongoEventsToRead, openMongoStores, type MongoStores } from './open-mongo-stores.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const commitsMade = 12;

describe('checkpoints and checks on MongoDB', () => {
  let server: TestMongo;
  let connection: Connection;
  let db: mongo.Db;
  let stores: MongoStores;
  let commits: mongo.Collection<CommitDocument>;
  const lines: ExportedLine[] = [];
  const stream = aProject();

  const checkpointer = (everyCommits: number): Checkpointer =>
    createCheckpointer({
      commits: stores.events,
      checkpoints: new MongoCheckpointStore(db),
      key: privateKey,
      now: () => at,
      exportLine: async (line) =>
        void lines.push({ place: `line ${lines.length + 1}`, value: JSON.parse(line) as unknown }),
      everyCommits,
    });

  beforeAll(async () => {
    server = await testMongo();
    connection = await mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
    db = await databaseOf(connection);
    stores = await openMongoStores(connection);
    commits = stores.collections.commits;
    for (let version = 0; version < commitsMade; version += 1)
      await stores.events.append(anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1)] }));
    const positions = new MongoPositionStore(connection.getClient(), commits);
    await new Sequencer(positions).turn();
    await positions.close();
    // Two processes at once: the same checkpoints as one alone would have made.
    const both = [checkpointer(4), checkpointer(4)];
    for (let position = 1; position <= commitsMade; position += 1)
      await Promise.all(both.map((each) => each.advance(position)));
  }, 120_000);
  afterAll(async () => {
    await connection.close();
    await server.dispose();
  });

  const findings = async (): Promise<Finding[]> =>
    collect(
      verifyStore({
        store: await openMongoEventsToRead(connection),
        now: later,
        checkpoints: {
          stored: new MongoCheckpointStore(db).all(),
          exported: lines,
          publicKeys: [publicKey],
        },
      }),
    );

  /** Changes what is stored past the store, looks, and puts everything back. */
  const whileAltered = async (
    change: (collection: mongo.Collection<CommitDocument>) => Promise<unknown>,
  ): Promise<Finding[]> => {
    const before = await commits.find().toArray();
    await change(commits);
    const found = await findings();
    await commits.deleteMany({});
    await commits.insertMany(before);
    return found;
  };

  it('two processes make one chain of checkpoints, each exported once, and it holds', async () => {
    const stored: unknown[] = [];
    for await (const checkpoint of new MongoCheckpointStore(db).all()) stored.push(checkpoint);
    expect(stored).toMatchObject([{ position: 1 }, { position: 5 }, { position: 9 }]);
    expect(lines.map(({ value }) => value)).toEqual(stored);
    expect(await findings()).toEqual([]);
  });

  it('finds one altered byte and names its event', async () => {
    const victim = (await stores.events.readStream(stream))[6];
    const found = await whileAltered((collection) =>
      collection.updateOne({ 'e.id': victim?.id ?? '' }, { $set: { 'e.0.data.name': 'TOKEO' } }),
    );
    expect(found).toEqual([
      expect.objectContaining({ check: 'chain', stream: `project-${stream.id}`, version: 7, eventId: victim?.id }),
    ]);
  });

  it('finds a history that was rewritten whole', async () => {
    const found = await whileAltered(async (collection) => {
      const stored: StoredCommit[] = [];
      for await (const commit of stores.events.byStream()) stored.push(commit);
      const forged = rewriteHistory(stored, (commit) => ({ ...commit, at: commit.at + 1 }));
      for (const { s, v, at: time, h, e } of forged)
        await collection.updateOne({ s, v }, { $set: { at: time, h, e: [...e] } });
    });
    expect(found).toMatchObject([1, 5, 9].map((position) => ({ check: 'checkpoint', position })));
  });

  it('finds an end that was cut off, and commits that changed places', async () => {
    const cut = await whileAltered((collection) => collection.deleteMany({ g: { $gt: 7 } }));
    expect(cut).toMatchObject([{ check: 'checkpoint', message: expect.stringContaining('the world ends at 7') }]);
    const swapped = await whileAltered(async (collection) => {
      const [two, three] = await collection
        .find({ g: { $in: [2, 3] } })
        .sort({ g: 1 })
        .toArray();
      if (two === undefined || three === undefined || !isPositioned(two)) throw new Error('no such commits');
      await collection.updateOne({ _id: two._id }, { $unset: { g: 1 } });
      await collection.updateOne({ _id: three._id }, { $set: { g: 2 } });
      await collection.updateOne({ _id: two._id }, { $set: { g: 3 } });
    });
    expect(new Set(swapped.map(({ check }) => check))).toEqual(new Set(['I3', 'checkpoint']));
  });

  it('finds a checkpoint that was taken away', async () => {
    const collection = db.collection('checkpoints');
    const [newest] = await collection.find().sort({ position: -1 }).limit(1).toArray();
    if (newest === undefined) throw new Error('no checkpoint');
    await collection.deleteOne({ _id: newest._id });
    expect(await findings()).toMatchObject([{ check: 'checkpoint', position: 9, found: 'none' }]);
    await collection.insertOne(newest);
  });
});
