import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import {
  BuildId,
  JobId,
  LogConfirmation,
  ProjectId,
  RunnerId,
  StepId,
  logAsks,
  pipelineAsks,
  subjects,
} from '@cyclone/contracts';
import { openMongoStores } from '@cyclone/event-store/mongo';
import {
  JetStreamPublisher,
  JetStreamStreamInspector,
  type NatsLink,
  NatsSignals,
  connectNats,
  createProvisioner,
} from '@cyclone/messaging/jetstream';
import { Answers, type AskClient, createAskClient } from '@cyclone/messaging/nest';
import { createMetrics, silentLogger } from '@cyclone/observability';
import { type RunningService, createNestService, loadConfig } from '@cyclone/service-host';
import { eventually } from '@cyclone/testing';
import { testMongo, testNats } from '@cyclone/testing/servers';
import { type Connection, createConnection } from 'mongoose';
import { logConfigSchema, logService, openLogChunks } from './index.js';

const keys = generateKeyPairSync('ed25519');
const projectId = ProjectId.parse('shop');
const jobId = JobId.parse('j1');
const stepId = StepId.parse('s1');

@Controller()
class PipelineStandIn {
  @Answers(pipelineAsks.jobTokenKey)
  async jobTokenKey(_request: object, _context: unknown) {
    return { keyId: 'k1', publicKeyPem: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString() };
  }
}

@Module({ controllers: [PipelineStandIn] })
class PipelineStandInModule {}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const aToken = (buildId: string): string => {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'cyclone',
    aud: 'cyclone-job',
    iat: seconds,
    exp: seconds + 600,
    projectId,
    buildId,
    jobId,
    attempt: 1,
    fence: 3,
    runnerId: 'r1',
  };
  const body = `${base64url({ alg: 'EdDSA', kid: 'k1' })}.${base64url(claims)}`;
  return `${body}.${sign(null, Buffer.from(body), keys.privateKey).toString('base64url')}`;
};

/** What a runner does with one step's log. */
class RunnerStandIn {
  readonly buildId = BuildId.parse(`b-${randomUUID()}`);
  readonly confirmations: LogConfirmation[] = [];
  readonly notices: { offset: number; data: Uint8Array; sealed: string }[] = [];
  readonly #token = aToken(this.buildId);
  readonly #stop: (() => void)[] = [];

  constructor(
    private readonly publisher: JetStreamPublisher,
    signals: NatsSignals,
  ) {
    this.#stop.push(
      signals.listen(subjects.confirmLogs(RunnerId.parse('r1')), ({ data }) => {
        const confirmation = LogConfirmation.parse(JSON.parse(Buffer.from(data).toString()));
        if (confirmation.buildId === this.buildId) this.confirmations.push(confirmation);
      }),
      signals.listen(subjects.logStored(this.buildId), ({ headers, data }) =>
        this.notices.push({ offset: Number(headers['offset']), data: data.slice(), sealed: headers['sealed'] ?? '' }),
      ),
    );
  }

  async send(seq: number, offset: number, data: Uint8Array, token = this.#token): Promise<void> {
    await this.#publish(seq, { kind: 'chunk', seq: String(seq), offset: String(offset) }, data, token);
  }

  async seal(seq: number, whole: Uint8Array): Promise<void> {
    const summary = {
      bytes: whole.byteLength,
      lines: Buffer.from(whole).toString().split('\n').length - 1,
      crc32: crc32(whole),
      truncated: false,
    };
    await this.#publish(
      seq,
      { kind: 'seal', seq: String(seq), summary: JSON.stringify(summary) },
      new Uint8Array(),
      this.#token,
    );
  }

  async #publish(seq: number, headers: Record<string, string>, data: Uint8Array, token: string): Promise<void> {
    await this.publisher.publish({
      subject: subjects.log(projectId, this.buildId, jobId, stepId),
      id: `${this.buildId}.${stepId}.3.${seq}.${randomUUID()}`,
      headers: { ...headers, at: '5', fence: '3', runnerId: 'r1', 'Cyclone-Job-Token': token },
      data,
    });
  }

  close(): void {
    for (const stop of this.#stop) stop();
  }
}

describe('log-svc on real servers', () => {
  let mongo: Awaited<ReturnType<typeof testMongo>>;
  let nats: Awaited<ReturnType<typeof testNats>>;
  let connection: Connection;
  let link: NatsLink;
  let asks: AskClient;
  let publisher: JetStreamPublisher;
  let pipeline: Awaited<ReturnType<typeof createNestService>>;
  let service: RunningService;
  const runners: RunnerStandIn[] = [];

  const startService = () => {
    const env = {
      CYCLONE_MONGO_URL: mongo.uri,
      CYCLONE_MONGO_DATABASE: mongo.dbName,
      CYCLONE_NATS_URL: nats.url,
      CYCLONE_LOG_SWEEP_SECONDS: '0.2',
    };
    return logService.start(loadConfig(logConfigSchema, env), {
      logger: silentLogger,
      metrics: createMetrics(),
      signal: new AbortController().signal,
    });
  };

  beforeAll(async () => {
    [mongo, nats] = await Promise.all([testMongo(), testNats()]);
    connection = await createConnection(mongo.uri, { dbName: mongo.dbName }).asPromise();
    link = await connectNats({ url: nats.url, name: 'spec', logger: silentLogger });
    asks = createAskClient(link);
    publisher = new JetStreamPublisher({ link, provisioner: createProvisioner(link) });
    pipeline = await createNestService({ module: PipelineStandInModule, link, logger: silentLogger });
    await pipeline.listen();
    service = await startService();
  }, 120_000);

  afterAll(async () => {
    await service.stop();
    await pipeline.close();
    await link.close();
    await connection.close();
    await Promise.all([mongo.dispose(), nats.dispose()]);
  });

  afterEach(() => {
    for (const runner of runners.splice(0)) runner.close();
  });

  const aRunner = (): RunnerStandIn => {
    const runner = new RunnerStandIn(publisher, new NatsSignals(link));
    runners.push(runner);
    return runner;
  };
  const readAll = async (buildId: BuildId): Promise<{ text: string; end: boolean; damaged: boolean }> => {
    let text = '';
    for (;;) {
      const range = await asks.ask(logAsks.readLog, {
        buildId,
        stepId,
        offset: Buffer.byteLength(text),
        limit: 100_000,
      });
      text += Buffer.from(range.data, 'base64').toString('latin1');
      if (range.bytes === 0 || range.end) return { text, end: range.end, damaged: range.damaged };
    }
  };
  const eventsOf = async (buildId: BuildId) =>
    (await openMongoStores(connection)).events.readStream({ kind: 'log', id: buildId });

  it('is healthy', async () => {
    expect(await service.health()).toEqual({ status: 'ok', checks: { mongo: 'ok', nats: 'ok' } });
  });

  it('takes a log, pushes it to watchers, seals it once, and confirms', async () => {
    const runner = aRunner();
    const whole = Buffer.from('first line\nsecond line\n');
    await runner.send(0, 0, whole.subarray(0, 11));
    await runner.send(1, 11, whole.subarray(11));
    await runner.seal(2, whole);
    await eventually(() => expect(runner.confirmations.at(-1)).toMatchObject({ nextSeq: 3, sealed: true }));
    expect(await readAll(runner.buildId)).toEqual({ text: whole.toString(), end: true, damaged: false });
    expect(await eventsOf(runner.buildId)).toMatchObject([
      { type: 'LogSealed', data: { stepId, fence: 3, summary: { bytes: 23, lines: 2, crc32: crc32(whole) } } },
    ]);
    expect(Buffer.concat(runner.notices.map(({ data }) => data)).toString()).toBe(whole.toString());
    expect(runner.notices.at(-1)).toMatchObject({ offset: 23, sealed: 'yes' });

    await runner.send(0, 0, whole.subarray(0, 11));
    await runner.seal(2, whole);
    const seen = runner.confirmations.length;
    await eventually(() => expect(runner.confirmations.length).toBeGreaterThan(seen));
    expect(await eventsOf(runner.buildId)).toHaveLength(1);
    expect((await asks.ask(logAsks.indexLogs, { buildId: runner.buildId })).steps).toMatchObject([
      { stepId, bytes: 23, sealed: true, damaged: false, lines: 2 },
    ]);
  });

  it('finds a log whose bytes are not those that the runner counted', async () => {
    const runner = aRunner();
    await runner.send(0, 0, Buffer.from('good bytes\n'));
    await runner.seal(1, Buffer.from('evil bytes\n'));
    await eventually(async () =>
      expect(await eventsOf(runner.buildId)).toMatchObject([
        { type: 'LogDamaged', data: { expected: { bytes: 11 }, stored: { bytes: 11 } } },
      ]),
    );
    await eventually(async () =>
      expect(await readAll(runner.buildId)).toEqual({ text: 'good bytes\n', end: true, damaged: true }),
    );
  });

  it('finds a chunk that was altered in the database after it was stored', async () => {
    const runner = aRunner();
    const whole = Buffer.from('the truth\n');
    await runner.send(0, 0, whole);
    await eventually(() => expect(runner.confirmations.at(-1)).toMatchObject({ nextSeq: 1 }));
    await connection
      .collection('log_chunks')
      .updateOne({ k: { $regex: `^${runner.buildId}/` } }, { $set: { d: Buffer.from('the trUth\n') } });
    await runner.seal(1, whole);
    await eventually(async () => expect(await eventsOf(runner.buildId)).toMatchObject([{ type: 'LogDamaged' }]));
  });

  it('loses nothing that arrived while it was away, and takes it in any order', async () => {
    await service.stop();
    const runner = aRunner();
    const parts = Array.from({ length: 40 }, (_, index) => Buffer.from(`line ${String(index).padStart(3, '0')}\n`));
    const order = parts.map((_, index) => (index * 7) % parts.length);
    await runner.seal(parts.length, Buffer.concat(parts));
    for (const seq of order) await runner.send(seq, seq * 9, parts[seq] ?? Buffer.alloc(0));
    service = await startService();
    await eventually(() => expect(runner.confirmations.at(-1)).toMatchObject({ nextSeq: 41, sealed: true }), {
      timeoutMs: 10_000,
    });
    expect((await readAll(runner.buildId)).text).toBe(Buffer.concat(parts).toString());
  });

  it('seals what a crash left complete and unsealed', async () => {
    const runner = aRunner();
    const whole = Buffer.from('left behind\n');
    await runner.send(0, 0, whole);
    await eventually(() => expect(runner.confirmations.at(-1)).toMatchObject({ nextSeq: 1 }));
    const summary = { bytes: whole.byteLength, lines: 1, crc32: crc32(whole), truncated: false };
    await connection
      .collection('log_attempts')
      .updateOne({ buildId: runner.buildId }, { $set: { seal: { seq: 1, summary }, touchedAt: 1 } });
    await eventually(async () => expect(await eventsOf(runner.buildId)).toMatchObject([{ type: 'LogSealed' }]));
  });

  it('puts what it cannot trust among the dead letters and stores none of it', async () => {
    const inspector = new JetStreamStreamInspector({ link, provisioner: createProvisioner(link) });
    const before = (await inspector.inspect('dead')).lastSequence;
    const runner = aRunner();
    await runner.send(0, 0, Buffer.from('stolen'), aToken('another-build'));
    await eventually(async () => expect((await inspector.inspect('dead')).lastSequence).toBe(before + 1));
    expect(await readAll(runner.buildId)).toMatchObject({ text: '', end: false });
  });

  it('takes 20 MB in little time, and gives them to a verifier byte for byte', async () => {
    const runner = aRunner();
    const chunk = Buffer.alloc(64 * 1024, 'a line of a build log that says nothing much, as most of them do\n');
    const whole = Buffer.concat(Array.from({ length: 320 }, () => chunk));
    await Promise.all(Array.from({ length: 320 }, (_, seq) => runner.send(seq, seq * chunk.byteLength, chunk)));
    await runner.seal(320, whole);
    await eventually(() => expect(runner.confirmations.at(-1)).toMatchObject({ sealed: true }), { timeoutMs: 20_000 });
    const reader = await openLogChunks(connection);
    const log = { buildId: runner.buildId, stepId, fence: 3 };
    expect(await reader.isExpired(log)).toBe(false);
    let sum = 0;
    for await (const { bytes } of reader.chunks(log)) sum = crc32(bytes ?? '', sum);
    expect(sum).toBe(crc32(whole));
  }, 30_000);
});
