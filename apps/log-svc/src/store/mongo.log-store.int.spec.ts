import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { type TestMongo, testMongo } from '@cyclone/testing/servers';
import { type Connection, createConnection, mongo as mongodb } from 'mongoose';
import { openLogChunks } from '../read/log-chunk-reader.js';
import { logStoreContract } from './log-store.contract.js';
import { MongoLogStore } from './mongo.log-store.js';

let mongo: TestMongo;
let connection: Connection;

beforeAll(async () => {
  mongo = await testMongo();
  connection = await createConnection(mongo.uri, { dbName: mongo.dbName }).asPromise();
}, 120_000);

afterAll(async () => {
  await connection.close();
  await mongo.dispose();
});

describe('MongoLogStore', () => {
  logStoreContract(async () => {
    await Promise.all(['log_chunks', 'log_attempts'].map((name) => connection.collection(name).deleteMany({})));
    return MongoLogStore.open(connection);
  });

  it('shows a check what cannot be unpacked any more, and what retention has removed', async () => {
    const store = await MongoLogStore.open(connection);
    const attempt = {
      projectId: ProjectId.parse('shop'),
      buildId: BuildId.parse('altered'),
      jobId: JobId.parse('j'),
      stepId: StepId.parse('s'),
      runnerId: RunnerId.parse('r'),
      fence: 1,
    };
    const data = Buffer.alloc(8 * 1024, 'again ');
    await store.put([{ attempt, chunks: [{ seq: 0, offset: 0, at: 1, data }] }], 1);
    const chunks = connection.collection<{ readonly _id: string; readonly gz: boolean }>('log_chunks');
    const stored = { _id: `altered/s/${'1'.padStart(10, '0')}/${'0'.repeat(10)}` };
    expect(await chunks.findOne(stored)).toMatchObject({ gz: true });
    await chunks.updateOne(stored, { $set: { d: new mongodb.Binary(Buffer.from('not gzip')) } });
    const reader = await openLogChunks(connection);
    const found = [];
    for await (const chunk of reader.chunks(attempt)) found.push(chunk);
    expect(found).toEqual([{ seq: 0, offset: 0, bytes: undefined }]);
    await store.forget(attempt);
    expect(await reader.isExpired(attempt)).toBe(true);
  });

  it('takes 20 MB of log lines with little work of its own', async () => {
    const store = await MongoLogStore.open(connection);
    const line = Buffer.from('2026-11-23T01:00:00Z compiling module number 12345 of 99999 ... done in 17 ms\n');
    const data = Buffer.alloc(64 * 1024, line);
    const attempt = {
      projectId: ProjectId.parse('shop'),
      buildId: BuildId.parse('big'),
      jobId: JobId.parse('j'),
      stepId: StepId.parse('s'),
      runnerId: RunnerId.parse('r'),
      fence: 1,
    };
    const before = process.cpuUsage();
    for (let batch = 0; batch < 5; batch += 1) {
      const chunks = Array.from({ length: 64 }, (_, index) => {
        const seq = batch * 64 + index;
        return { seq, offset: seq * data.byteLength, at: seq, data };
      });
      await store.put([{ attempt, chunks }], 1);
    }
    const { user, system } = process.cpuUsage(before);
    expect((await store.attempt(attempt))?.prefix.bytes).toBe(20 * 1024 * 1024);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});
