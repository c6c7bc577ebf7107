import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { identifyProcess } from '../process/process-identity.js';
import { tcpAccepts, tcpGreeting } from '../process/tcp-greeting.js';
import { childNode, nextLine } from '../spec-support/child-node.js';
import { until } from '../spec-support/until.js';
import type { LocalServer } from './local-server.js';
import { startMongod } from './mongod.js';
import { startNatsServer } from './nats-server.js';
import { startRedisServer } from './redis-server.js';
import { startRegistry } from './registry.js';

/** Installing may come first on a bare machine. */
const FIRST_START_MS = 5 * 60_000;

let dataDir: string;
const servers: LocalServer[] = [];

function started<T extends LocalServer>(server: T): T {
  servers.push(server);
  return server;
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cyclone-servers-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.kill9()));
  await rm(dataDir, { recursive: true, force: true });
});

describe('mongod', () => {
  test(
    'is a primary that takes transactions, and keeps its data when it moves to another port',
    async () => {
      const first = started(await startMongod({ dataDir }));
      await withClient(first.url, async (client) => {
        await client.withSession((session) =>
          session.withTransaction(async () => {
            await client.db('shop').collection('orders').insertOne({ number: 1 }, { session });
            await client.db('shop').collection('items').insertOne({ order: 1 }, { session });
          }),
        );
      });
      await first.stop();
      const second = started(await startMongod({ dataDir }));
      await withClient(second.url, async (client) => {
        expect(await client.db('shop').collection('items').countDocuments({ order: 1 })).toBe(1);
        await client.db('shop').collection('orders').insertOne({ number: 2 });
      });
    },
    FIRST_START_MS,
  );

  async function withClient(url: string, work: (client: MongoClient) => Promise<void>): Promise<void> {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000 });
    try {
      await work(client);
    } finally {
      await client.close();
    }
  }
});

describe('nats-server', () => {
  test(
    'has JetStream, and the users of the given configuration',
    async () => {
      const config = 'authorization { users: [ { user: "a", password: "p \\" { }" } ] }';
      const server = started(await startNatsServer({ dataDir, config }));
      const greeting = await tcpGreeting(server.port);
      expect(JSON.parse(greeting.slice('INFO '.length))).toMatchObject({ jetstream: true, auth_required: true });
    },
    FIRST_START_MS,
  );

  test('refuses a broken configuration with its own words', async () => {
    const start = startNatsServer({ dataDir, config: 'jetstraem: yes' });
    await expect(start).rejects.toMatchObject({
      code: 'server-not-ready',
      message: expect.stringContaining('unknown field "jetstraem"'),
    });
  });

  test('dies with its parent, and leaves its port free', async () => {
    const parent = childNode(`
      const { startNatsServer } = await import(source + 'servers/nats-server.ts');
      const { pid, port } = await startNatsServer({ dataDir: ${JSON.stringify(dataDir)} });
      console.log(pid, port);
      setInterval(() => undefined, 1000);
    `);
    const [pid = 0, port = 0] = (await nextLine(parent)).split(' ').map(Number);
    expect(await tcpAccepts(port)).toBe(true);
    parent.kill('SIGKILL');
    await until(async () => (await identifyProcess(pid)) === undefined);
    expect(await tcpAccepts(port)).toBe(false);
  });
});

describe('redis-server', () => {
  test(
    'listens, asks for the password, and ends',
    async () => {
      const password = 'a "quoted" \\ one';
      const server = started(await startRedisServer({ dataDir, password }));
      expect(await tcpGreeting(server.port, 'PING\r\n')).toMatch(/^-NOAUTH/);
      const argument = `$${password.length}\r\n${password}\r\n`;
      expect(await tcpGreeting(server.port, `*2\r\n$4\r\nAUTH\r\n${argument}`)).toBe('+OK\r\n');
      await server.stop();
      expect(await tcpAccepts(server.port)).toBe(false);
    },
    FIRST_START_MS,
  );
});

describe('the registry', () => {
  test(
    'lets in who has the password',
    async () => {
      const credentials = { username: 'builder', password: 'long and random' };
      const registry = started(await startRegistry({ dataDir, credentials }));
      const statusFor = async (password: string) => {
        const authorization = `Basic ${Buffer.from(`builder:${password}`).toString('base64')}`;
        return (await fetch(`http://${registry.host}/v2/`, { headers: { authorization } })).status;
      };
      expect(await statusFor('wrong')).toBe(401);
      expect(await statusFor(credentials.password)).toBe(200);
    },
    FIRST_START_MS,
  );
});

describe('a port that is taken', () => {
  test.each([
    ['mongod', startMongod],
    ['nats-server', startNatsServer],
    ['redis-server', startRedisServer],
    ['docker-registry', startRegistry],
  ])('by another %s is reported in its own words, and never taken for the new one', async (_name, start) => {
    const first = started(await start({ dataDir: join(dataDir, 'first') }));
    const second = start({ dataDir: join(dataDir, 'second'), port: first.port });
    await expect(second).rejects.toMatchObject({
      code: 'server-not-ready',
      message: expect.stringMatching(/address already in use/i),
    });
  });
});
