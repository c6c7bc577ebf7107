import { startRedisServer } from '@cyclone/local-servers';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

/** Redis of this test file (about 50 ms); it keeps nothing over a restart. */
export function testRedis(): Promise<TestServer> {
  return startTestServer('redis', startRedisServer);
}
