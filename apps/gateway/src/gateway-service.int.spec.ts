import { createHmac } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BuildId, type DeliveryView, pipelineAsks, subjects } from '@cyclone/contracts';
import { databaseOf, openMongoStores } from '@cyclone/event-store/mongo';
import { connectNats, createProvisioner, JetStreamPublisher, type NatsLink } from '@cyclone/messaging/jetstream';
import { Answers } from '@cyclone/messaging/nest';
import { createMetrics, silentLogger } from '@cyclone/observability';
import { createNestService, loadConfig, type RunningService } from '@cyclone/service-host';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { type TestMongo, testMongo, testNats, type TestServer } from '@cyclone/testing/servers';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { type Connection, createConnection } from 'mongoose';
import type { z } from 'zod';
import { gatewayService } from './gateway-service.js';

const secret = 'the-webhook-secret-of-shop';
let isAnswering = true;

@Controller()
class PlayedPipeline {
  @Answers(pipelineAsks.readCredential)
  credential({ projectId }: z.output<typeof pipelineAsks.readCredential.request>) {
    return projectId === 'shop' ? { value: secret, version: 1 } : {};
  }
  @Answers(pipelineAsks.requestBuildForChange)
  request({ deliveryId }: z.output<typeof pipelineAsks.requestBuildForChange.request>) {
    if (!isAnswering) throw Object.assign(new Error('starting'), { retriable: true });
    return { buildId: BuildId.parse('b1'), causedBy: deliveryId };
  }
}
@Module({ controllers: [PlayedPipeline] })
class PlayedModule {}

let mongo: TestMongo;
let nats: TestServer;
let folder: TemporaryFolder;
let link: NatsLink;
let played: INestMicroservice;
let connection: Connection;
let gateway: RunningService;
let token: string;

const startGateway = (): Promise<RunningService> =>
  gatewayService.start(
    loadConfig(gatewayService.configSchema, {
      CYCLONE_MONGO_URL: mongo.uri,
      CYCLONE_MONGO_DATABASE: mongo.dbName,
      CYCLONE_NATS_URL: nats.url,
      CYCLONE_GATEWAY_PORT: '0',
      CYCLONE_FIRST_TOKEN_FILE: join(folder.path, 'token'),
    }),
    { logger: silentLogger, metrics: createMetrics(), signal: new AbortController().signal },
  );

beforeAll(async () => {
  [mongo, nats, folder] = await Promise.all([testMongo(), testNats(), temporaryFolder('gateway')]);
  link = await connectNats({ url: nats.url, name: 'played', logger: silentLogger });
  played = await createNestService({ module: PlayedModule, link, logger: silentLogger });
  await played.listen();
  connection = await createConnection(mongo.uri, { dbName: mongo.dbName }).asPromise();
  gateway = await startGateway();
  token = (await readFile(join(folder.path, 'token'), 'utf8')).trim();
}, 120_000);
afterAll(async () => {
  await gateway.stop();
  await played.close();
  await link.close();
  await connection.close();
  await Promise.all([mongo.dispose(), nats.dispose(), folder.dispose()]);
});

const get = async <Body>(path: string): Promise<Body> => {
  const response = await fetch(gateway.address + path, { headers: { Authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as Body;
};
const push = (ref: string, id: string) => {
  const body = JSON.stringify({
    ref,
    before: '0'.repeat(40),
    after: 'a'.repeat(40),
    deleted: false,
    head_commit: null,
    pusher: { name: 'mara' },
    sender: { login: 'mara' },
  });
  return fetch(`${gateway.address}/hooks/shop/github`, {
    method: 'POST',
    body,
    headers: {
      'X-GitHub-Event': 'push',
      'X-GitHub-Delivery': id,
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  });
};
const verdicts = async (): Promise<(string | undefined)[]> =>
  (await get<{ items: DeliveryView[] }>('/api/v1/projects/shop/deliveries')).items.map(({ verdict }) => verdict?.kind);

describe('the gateway on real parts', () => {
  it('leaves the first token where only its owner reads it, once', async () => {
    expect((await stat(join(folder.path, 'token'))).mode & 0o777).toBe(0o600);
    expect(await get('/api/v1/version')).toMatchObject({ name: 'cyclone' });
    await gateway.stop();
    gateway = await startGateway();
    expect((await readFile(join(folder.path, 'token'), 'utf8')).trim()).toBe(token);
    expect((await get<{ items: object[] }>('/api/v1/tokens')).items).toHaveLength(1);
  });

  it('takes a push, stores it and judges it', async () => {
    expect((await push('refs/heads/main', 'd1')).status).toBe(202);
    await eventually(async () => expect(await verdicts()).toEqual(['built']));
  });

  it('judges by the event what the process itself could not', async () => {
    isAnswering = false;
    expect((await push('refs/heads/late', 'd2')).status).toBe(202);
    await eventually(async () => expect(await verdicts()).toEqual([undefined, 'built']));
    isAnswering = true;
    // The relay's part: the stored event, published as everybody hears of it.
    const { events } = await openMongoStores(connection);
    const db = await databaseOf(connection);
    const row = await db.collection('commits').findOne({ s: { $regex: '^delivery-' } }, { sort: { _id: -1 } });
    const id = String(row?.['s']).slice('delivery-'.length);
    const [event] = await events.readStream({ kind: 'delivery', id });
    const publisher = new JetStreamPublisher({ link, provisioner: createProvisioner(link) });
    const envelope = { ...event, position: 1 };
    await publisher.publish({
      subject: subjects.event({ stream: { kind: 'delivery', id }, tenant: 'shop', type: 'DeliveryReceived' }),
      id: 'e1',
      data: Buffer.from(JSON.stringify(envelope)),
    });
    await eventually(async () => expect(await verdicts()).toEqual(['built', 'built']), { timeoutMs: 15_000 });
  }, 30_000);

  it('gives one answer to one Idempotency-Key, over a restart too, and keeps no secret in the clear', async () => {
    const make = () =>
      fetch(`${gateway.address}/api/v1/tokens`, {
        method: 'POST',
        body: JSON.stringify({ name: 'ci', scope: { role: 'viewer', projects: '*' } }),
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': 'k1' },
      });
    const first = (await (await make()).json()) as { token: string };
    await gateway.stop();
    gateway = await startGateway();
    expect(await (await make()).json()).toEqual(first);
    const db = await databaseOf(connection);
    for (const { name } of await db.listCollections().toArray()) {
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain(first.token.split('_')[2]);
    }
  }, 20_000);

  it('says which part is away', async () => {
    expect(await gateway.health()).toEqual({ status: 'ok', checks: { mongo: 'ok', nats: 'ok', cache: 'ok' } });
  });
});
