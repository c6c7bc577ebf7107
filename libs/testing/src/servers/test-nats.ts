import { startNatsServer } from '@cyclone/local-servers';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

export interface TestNatsOptions {
  /** Accounts, users and limits in nats-server's configuration language; everybody may do all by default. */
  readonly config?: string;
}

/** NATS with JetStream of this test file (about 50 ms). */
export function testNats({ config }: TestNatsOptions = {}): Promise<TestServer> {
  return startTestServer('nats', (options) => startNatsServer({ ...options, config }));
}
