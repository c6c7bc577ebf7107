import { randomUUID } from 'node:crypto';
import { startMongod } from '@cyclone/local-servers';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

export interface TestMongo extends TestServer {
  /** The same as `url`, by the name that MongoDB's drivers use. */
  readonly uri: string;
  /** A database name that no other test uses. */
  readonly dbName: string;
}

/** MongoDB as a one-node replica set of this test file, primary when this resolves (about half a second). */
export async function testMongo(): Promise<TestMongo> {
  const server = await startTestServer('mongo', startMongod);
  return Object.assign(server, { uri: server.url, dbName: `test-${randomUUID().slice(0, 8)}` });
}
