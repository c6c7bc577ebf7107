import { startRegistry } from '@cyclone/local-servers';
import type { RegistryOptions } from '@cyclone/local-servers';
import { startTestServer } from './test-server.js';
import type { TestServer } from './test-server.js';

export interface TestRegistry extends TestServer {
  /** The first part of an image's name: `127.0.0.1:5000`. */
  readonly host: string;
}

export type TestRegistryOptions = Pick<RegistryOptions, 'credentials'>;

/** An image registry of this test file (about 100 ms), open to all unless credentials are given. */
export async function testRegistry({ credentials }: TestRegistryOptions = {}): Promise<TestRegistry> {
  const server = await startTestServer('registry', (options) => startRegistry({ ...options, credentials }));
  return Object.assign(server, { host: `127.0.0.1:${server.port}` });
}
