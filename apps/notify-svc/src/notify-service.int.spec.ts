import { randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type BuildEvent,
  BuildId,
  CommandId,
  CommitSha,
  type EventEnvelope,
  JobId,
  type LogEvent,
  ProjectId,
  StepId,
  subjects,
} from '@cyclone/contracts';
import { openMongoStores } from '@cyclone/event-store/mongo';
import { JetStreamPublisher, type NatsLink, connectNats, createProvisioner } from '@cyclone/messaging/jetstream';
import { createMetrics, silentLogger } from '@cyclone/observability';
import { type RunningService, createNestService, loadConfig } from '@cyclone/service-host';
import { eventually } from '@cyclone/testing';
import { testMongo, testNats } from '@cyclone/testing/servers';
import { type Connection, createConnection } from 'mongoose';
import { notifyConfigSchema, notifyService } from './index.js';
import { aBuild, aProject, aStep } from './testing/a-build.js';
import { MailServer, portOf } from './testing/mail-server.js';
import { StandInModule, world } from './testing/stand-in.js';

const projectId = ProjectId.parse('shop');
const jobId = JobId.parse('j1');
const summary = (bytes: number) => ({ bytes, lines: 1, crc32: 1, truncated: false });

describe('notify-svc on real servers', () => {
  let mongo: Awaited<ReturnType<typeof testMongo>>;
  let nats: Awaited<ReturnType<typeof testNats>>;
  let connection: Connection;
  let link: NatsLink;
  let publisher: JetStreamPublisher;
  let standIn: Awaited<ReturnType<typeof createNestService>>;
  let forge: Server;
  const forgeCalls: { url: string; body: { state?: string } }[] = [];
  let mailServer: MailServer;
  let service: RunningService | undefined;
  let buildId: BuildId;

  const startService = async () => {
    const env = {
      CYCLONE_MONGO_URL: mongo.uri,
      CYCLONE_MONGO_DATABASE: mongo.dbName,
      CYCLONE_NATS_URL: nats.url,
      CYCLONE_PUBLIC_URL: 'https://ci.example/',
      CYCLONE_SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`,
      CYCLONE_MAIL_FROM: 'Cyclone <ci@ci.example>',
      CYCLONE_ALLOWED_HOSTS: '127.0.0.1,/srv/git',
    };
    service = await notifyService.start(loadConfig(notifyConfigSchema, env), {
      logger: silentLogger,
      metrics: createMetrics(),
      signal: new AbortController().signal,
    });
  };
  const stopService = async () => {
    await service?.stop();
    service = undefined;
  };

  beforeAll(async () => {
    [mongo, nats] = await Promise.all([testMongo(), testNats()]);
    connection = await createConnection(mongo.uri, { dbName: mongo.dbName }).asPromise();
    link = await connectNats({ url: nats.url, name: 'spec', logger: silentLogger });
    publisher = new JetStreamPublisher({ link, provisioner: createProvisioner(link) });
    standIn = await createNestService({ module: StandInModule, link, logger: silentLogger });
    await standIn.listen();
    forge = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        forgeCalls.push({ url: request.url ?? '', body: JSON.parse(body) });
        response.writeHead(201).end('{}');
      });
    });
    await new Promise<void>((resolve) => forge.listen(0, '127.0.0.1', resolve));
  }, 120_000);

  afterAll(async () => {
    await standIn.close();
    await link.close();
    await connection.close();
    await new Promise((resolve) => forge.close(resolve));
    await Promise.all([mongo.dispose(), nats.dispose()]);
  });

  beforeEach(async () => {
    mailServer = new MailServer();
    await mailServer.start();
    forgeCalls.splice(0);
    buildId = BuildId.parse(`b-${randomUUID()}`);
    world.logs = new Map([
      ['compile', { text: 'all good\n', sealed: true }],
      ['test', { text: 'boom\n', sealed: true }],
    ]);
    world.project = aProject({ mail: [{ when: 'always', recipients: ['ann@x.example', 'bob@x.example'] }] });
    world.build = aBuild([aStep('compile'), aStep('test', { outcome: 'failed', exitCode: 1 })], { id: buildId });
    world.previous = [];
    world.askedForPrevious = 0;
    world.token = undefined;
  });
  afterEach(async () => {
    await stopService();
    await mailServer.stop();
  });

  /** Appends like the stream's owner, and publishes like the relay. */
  const happen = async (kind: 'build' | 'log', event: BuildEvent | LogEvent): Promise<void> => {
    const { events } = await openMongoStores(connection);
    const stream = { kind, id: buildId };
    const before = await events.readStream(stream);
    const appended = await events.append({
      stream,
      expectedVersion: before.length,
      commandId: CommandId.parse(`c${before.length}`),
      tenant: projectId,
      actor: { kind: 'system', id: 'spec' },
      trace: { correlationId: buildId },
      occurredAt: Date.now(),
      events: [event],
    });
    for (const recorded of appended.events) {
      const envelope: EventEnvelope = { ...recorded, position: 1 };
      await publisher.publish({
        subject: subjects.event(envelope),
        id: envelope.id,
        data: Buffer.from(JSON.stringify(envelope)),
      });
    }
  };
  const requested = (): BuildEvent => ({
    type: 'BuildRequested',
    data: {
      projectId,
      number: 12,
      trust: 'trusted',
      repositoryUrl: 'https://git.example/acme/shop.git',
      secretVersions: [],
      timeoutMs: 1,
      trigger: { kind: 'manual', ref: 'refs/heads/main', sha: CommitSha.parse('a'.repeat(40)) },
    },
  });
  const ended = (step: string): BuildEvent => ({
    type: 'StepEnded',
    data: {
      jobId,
      attempt: 1,
      fence: 3,
      stepId: StepId.parse(step),
      outcome: 'failed',
      ignored: false,
      endedAt: Date.now(),
      log: summary(5),
    },
  });
  const sealed = (step: string): LogEvent => ({
    type: 'LogSealed',
    data: { projectId, buildId, jobId, stepId: StepId.parse(step), fence: 3, summary: summary(5) },
  });
  const finished: BuildEvent = { type: 'BuildFinished', data: { outcome: 'failed' } };
  const ledger = async () =>
    (await (await openMongoStores(connection)).events.readStream({ kind: 'notification', id: buildId })).map(
      ({ type }) => type,
    );
  const delivered = async () => (await ledger()).filter((type) => type === 'NoticeDelivered').length;

  it('mails every recipient once, when the logs are sealed, with the result and the log', async () => {
    await startService();
    await happen('build', requested());
    await happen('build', ended('test'));
    await happen('build', finished);
    await eventually(async () => expect(await ledger()).toEqual(['NoticePlanned', 'NoticePlanned']));
    expect(mailServer.mails).toEqual([]);
    await happen('log', sealed('test'));
    await eventually(async () => expect(await delivered()).toBe(2));
    expect(mailServer.recipients()).toEqual(['ann@x.example', 'bob@x.example']);
    const [mail] = mailServer.mails;
    expect(mail).toMatchObject({ subject: '[Shop] Failed: main #12', from: { text: '"Cyclone" <ci@ci.example>' } });
    expect(mail?.text).toContain('End of the log of test');
    expect(mail?.html).toContain(`https://ci.example/builds/${buildId}`);
    expect(mail?.attachments).toMatchObject([{ filename: 'shop-12.log', contentType: 'text/plain' }]);
    expect(mail?.attachments[0]?.content.toString()).toContain('boom\n');
  });

  it('sends what was planned before a restart, once', async () => {
    await startService();
    await happen('build', requested());
    await happen('build', ended('test'));
    await happen('build', finished);
    await eventually(async () => expect(await ledger()).toHaveLength(2));
    await stopService();
    await happen('log', sealed('test'));
    await startService();
    await eventually(async () => expect(await delivered()).toBe(2));
    await stopService();
    await startService();
    await happen('log', sealed('compile'));
    await stopService();
    expect(mailServer.recipients()).toEqual(['ann@x.example', 'bob@x.example']);
  });

  it('tries again while the mail server is dead, tells the forge meanwhile, and gives up on a refused recipient', async () => {
    world.token = 'secret';
    const url = `http://127.0.0.1:${portOf(forge.address())}/acme/shop.git`;
    world.project = aProject(
      {
        mail: [{ when: 'failure', recipients: ['ann@x.example', 'nobody@x.example'] }],
        repository: { url, forge: 'gitea' },
      },
      { credentials: [{ key: 'forge', version: 1, setAt: 1 }] },
    );
    mailServer.refused = ['nobody@x.example'];
    await mailServer.stop();
    await startService();
    await happen('build', requested());
    await eventually(() =>
      expect(forgeCalls).toMatchObject([
        { url: `/api/v1/repos/acme/shop/statuses/${'a'.repeat(40)}`, body: { state: 'pending' } },
      ]),
    );
    await happen('build', finished);
    await eventually(() =>
      expect(forgeCalls.at(-1)).toMatchObject({
        body: { state: 'failure', context: 'cyclone/shop', target_url: `https://ci.example/builds/${buildId}` },
      }),
    );
    await eventually(async () => expect((await ledger()).filter((type) => type === 'NoticeFailed')).toHaveLength(2));
    await mailServer.start();
    await eventually(() => expect(mailServer.recipients()).toEqual(['ann@x.example']), { timeoutMs: 15_000 });
    await eventually(async () => expect((await ledger()).filter((type) => type === 'NoticeFailed')).toHaveLength(3));
    await eventually(async () =>
      expect(
        (await connection.collection<{ _id: string }>('notify_wake_ups').findOne({ _id: buildId })) ?? undefined,
      ).toBeUndefined(),
    );
  }, 30_000);

  it('compares with the build before on the same ref', async () => {
    world.project = aProject({ mail: [{ when: 'change', recipients: ['ann@x.example'] }] });
    world.previous = [
      aBuild([], { id: 'b-old', number: 11, outcome: 'cancelled' }),
      aBuild([], { id: 'b-older', number: 10, outcome: 'failed' }),
    ];
    await startService();
    await happen('build', requested());
    await happen('build', finished);
    await eventually(() => expect(world.askedForPrevious).toBe(1));
    const quiet = buildId;
    world.previous = [aBuild([], { id: 'b-old', number: 11, outcome: 'succeeded' })];
    buildId = BuildId.parse(`b-${randomUUID()}`);
    await happen('build', requested());
    await happen('build', finished);
    await eventually(async () => expect(await delivered()).toBe(1));
    buildId = quiet;
    expect(await ledger()).toEqual([]);
  });

  it('attaches 5 MB of log compressed, and no markup of a hostile log reaches the page', async () => {
    const line = `\u001b[31m<script>alert(1)</script>\u001b[0m and more of it, on and on\n`;
    const text = line.repeat(Math.ceil((5 * 1024 * 1024) / line.length));
    world.logs = new Map([['test', { text, sealed: true }]]);
    world.project = aProject({ mail: [{ when: 'always', recipients: ['ann@x.example'] }] });
    await startService();
    await happen('build', requested());
    await happen('build', finished);
    await eventually(async () => expect(await delivered()).toBe(1), { timeoutMs: 15_000 });
    const [mail] = mailServer.mails;
    expect(mail?.attachments).toMatchObject([{ filename: 'shop-12.log.gz', contentType: 'application/gzip' }]);
    const attached = gunzipSync(mail?.attachments[0]?.content ?? Buffer.alloc(0)).toString();
    expect(
      attached.split('\n').filter((each) => each === '<script>alert(1)</script> and more of it, on and on'),
    ).toHaveLength(text.split('\n').length - 1);
    expect(mail?.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(mail?.html).not.toContain('<script');
  }, 30_000);
});
