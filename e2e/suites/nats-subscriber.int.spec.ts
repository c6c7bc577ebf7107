import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { integrationConsumer, subjects } from '@cyclone/contracts';
import {
  connectNats,
  createProvisioner,
  integrationSubjects,
  JetStreamPublisher,
  natsServerConfig,
} from '@cyclone/messaging/jetstream';
import { silentLogger } from '@cyclone/observability';
import { eventually, temporaryFolder } from '@cyclone/testing';
import type { TemporaryFolder } from '@cyclone/testing';
import { testNats } from '@cyclone/testing/servers';
import type { TestServer } from '@cyclone/testing/servers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const program = fileURLToPath(new URL('../../examples/nats-subscriber/dist/main.js', import.meta.url));

type Link = Awaited<ReturnType<typeof connectNats>>;

let nats: TestServer;
let link: Link;
let publisher: JetStreamPublisher;
let folder: TemporaryFolder;

beforeAll(async () => {
  const config = natsServerConfig({
    users: [
      { role: 'control', user: 'control', password: 'of control' },
      { role: 'integration', user: 'integration-chat', password: 'of chat', name: 'chat', projects: ['shop'] },
    ],
  });
  nats = await testNats({ config });
  folder = await temporaryFolder('subscriber');
  link = await connectNats({
    url: nats.url,
    user: 'control',
    password: 'of control',
    name: 'spec',
    logger: silentLogger,
  });
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  await provisioner.consumer(integrationConsumer('chat'), integrationSubjects(['shop']));
  publisher = new JetStreamPublisher({ link, provisioner });
}, 120_000);

afterAll(async () => {
  await link?.close();
  await nats?.dispose();
  await folder?.dispose();
});

/** As the relay does it; `attempt` publishes the same event again, as after a loss of the broker's data. */
const publish = async (position: number, tenant = 'shop', attempt = ''): Promise<void> => {
  const stream = { kind: 'build' as const, id: 'b1' };
  const event = {
    id: `e${position}`,
    type: 'JobStarted',
    version: 1,
    occurredAt: position,
    stream,
    streamVersion: position,
  };
  const data = new TextEncoder().encode(JSON.stringify({ ...event, position, tenant, data: {} }));
  const subject = subjects.event({ stream, tenant, type: event.type });
  await publisher.publish({ subject, id: `${tenant}-${event.id}${attempt}`, data });
};

interface Subscriber {
  readonly positions: readonly number[];
  readonly errors: readonly string[];
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const positionFile = (): string => join(folder.path, 'position.json');

const startSubscriber = (password = 'of chat'): Subscriber => {
  const env = {
    NATS_URL: nats.url,
    NATS_USER: 'integration-chat',
    NATS_PASSWORD: password,
    POSITION_FILE: positionFile(),
  };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const positions: number[] = [];
  const errors: string[] = [];
  const ended = once(child, 'exit');
  createInterface({ input: child.stdout }).on('line', (line) => positions.push(Number(JSON.parse(line).position)));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  return {
    positions,
    errors,
    stop: async (signal) => {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
};

test('follows the events of its projects, and goes on behind the last one after a restart', async () => {
  await publish(1);
  await publish(2, 'another-project');
  await publish(3);
  const first = startSubscriber();
  await eventually(() => expect(first).toMatchObject({ positions: [1, 3], errors: [] }), { timeoutMs: 10_000 });
  await publish(4);
  await eventually(() => expect(first.positions).toEqual([1, 3, 4]));
  expect(await first.stop('SIGTERM')).toBe(0);
  await publish(5);
  // The broker lost its data, and everything is published again.
  await publish(3, 'shop', '-again');
  await publish(6);
  const second = startSubscriber();
  await eventually(() => expect(second.positions).toEqual([5, 6]), { timeoutMs: 10_000 });
  expect(await second.stop('SIGTERM')).toBe(0);
  expect(JSON.parse(await readFile(positionFile(), 'utf8'))).toEqual({ position: 6, streamVersion: 6 });
}, 40_000);

test('ends with the reason where the broker refuses it', async () => {
  const refused = startSubscriber('wrong');
  await eventually(() => expect(refused.errors.join('\n')).toMatch(/authorization/i), { timeoutMs: 10_000 });
  await refused.stop('SIGTERM');
}, 20_000);
