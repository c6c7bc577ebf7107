import { access } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../temporary-folder.js';
import { testDocker } from './test-docker.js';
import { testMongo } from './test-mongo.js';
import { testNats } from './test-nats.js';
import { testRedis } from './test-redis.js';
import { testRegistry } from './test-registry.js';

const FIRST_START_MS = 5 * 60_000;

describe('servers for tests', () => {
  test(
    'each come up on a port of their own and are gone after dispose',
    async () => {
      const servers = await Promise.all([testMongo(), testNats(), testRedis(), testRegistry()]);
      expect(new Set(servers.map(({ port }) => port)).size).toBe(servers.length);
      await Promise.all(servers.map((server) => server.dispose()));
      await Promise.all(
        servers.map(({ pid }) => eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))),
      );
    },
    FIRST_START_MS,
  );

  test('are restarted after a crash on the same port', async () => {
    await using nats = await testNats();
    const before = nats.pid;
    await nats.kill9();
    await nats.restart();
    expect(nats.pid).not.toBe(before);
    expect(nats.url).toBe(`nats://127.0.0.1:${nats.port}`);
  });

  test('tests have databases of their own', async () => {
    await using first = await testMongo();
    await using second = await testMongo();
    expect(first.dbName).not.toBe(second.dbName);
    expect(first.uri).not.toBe(second.uri);
  });

  test(
    'the Docker Engine answers',
    async () => {
      const { docker, engine } = await testDocker();
      expect((await docker.version()).Version).toBe(engine.version);
    },
    FIRST_START_MS,
  );
});

describe('a temporary folder', () => {
  test('is gone after dispose', async () => {
    const folder = await temporaryFolder('spec');
    await access(folder.path);
    await folder.dispose();
    await expect(access(folder.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
