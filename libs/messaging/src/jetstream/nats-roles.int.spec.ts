import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { integrationConsumer, runnerJobsConsumer, subjects } from '@cyclone/contracts';
import { silentLogger } from '@cyclone/observability';
import { eventually } from '@cyclone/testing';
import { testNats } from '@cyclone/testing/servers';
import type { TestServer } from '@cyclone/testing/servers';
import { BrokerDeniedError } from '../errors.js';
import { done } from '../outcome.js';
import { connectNats } from './connect-nats.js';
import { JetStreamConsumer } from './jetstream.consumer.js';
import { JetStreamPublisher } from './jetstream.publisher.js';
import type { NatsLink } from './nats-link.js';
import { integrationSubjects } from './nats-permissions.js';
import { natsServerConfig } from './nats-server-config.js';
import { NatsSignals } from './nats.signals.js';
import { createProvisioner } from './provisioner.js';
import type { Provisioner } from './provisioner.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const offerSubject = 'cyclone.command.runner.default.run-job.build.job.1';
const eventSubject = (project: string): string => `cyclone.event.build.${project}.build.job-started`;

describe('the roles of the NATS configuration', () => {
  let nats: TestServer;
  const links: NatsLink[] = [];
  let control: NatsLink;
  let runner: NatsLink;
  let integration: NatsLink;
  let provisioner: Provisioner;
  let published = 0;

  const connectAs = async (user: string, password = `password of ${user}`): Promise<NatsLink> => {
    const link = await connectNats({ url: nats.url, name: user, user, password, logger: silentLogger });
    links.push(link);
    return link;
  };
  const publish = (subject: string) =>
    new JetStreamPublisher({ link: control, provisioner }).publish({
      subject,
      id: `m${(published += 1)}`,
      data: bytes('{}'),
    });

  beforeAll(async () => {
    const password = (user: string): string => `password of ${user}`;
    const config = natsServerConfig({
      users: [
        { role: 'control', user: 'control', password: password('control') },
        { role: 'runner', user: 'runner-1', password: password('runner-1'), pool: 'default', runnerId: 'runner-1' },
        { role: 'integration', user: 'chat', password: password('chat'), name: 'chat', projects: ['shop'] },
      ],
    });
    nats = await testNats({ config });
    control = await connectAs('control');
    provisioner = createProvisioner(control);
    await provisioner.streams();
    await provisioner.consumer(runnerJobsConsumer('default'), [subjects.jobOffersOf('default')]);
    await provisioner.consumer(runnerJobsConsumer('other'), [subjects.jobOffersOf('other')]);
    await provisioner.consumer(integrationConsumer('chat'), integrationSubjects(['shop']));
    runner = await connectAs('runner-1');
    integration = await connectAs('chat');
  }, 120_000);

  afterAll(async () => {
    await Promise.all(links.map((link) => link.close()));
    await nats.dispose();
  });

  /** The server tells a violation asynchronously; the round trip after it makes sure that it was told. */
  const isPublishDenied = async (link: NatsLink, subject: string): Promise<boolean> => {
    const heard: string[] = [];
    const listener = control.connection.subscribe(subject, {
      callback: (_error, message) => void heard.push(message.subject),
    });
    await control.roundTrip();
    link.connection.publish(subject, '{}');
    await link.roundTrip();
    await control.roundTrip();
    listener.unsubscribe();
    return heard.length === 0;
  };
  const isSubscribeDenied = async (link: NatsLink, subject: string): Promise<boolean> => {
    let isDenied = false;
    const subscription = link.connection.subscribe(subject, {
      callback: (error) => {
        isDenied ||= error !== null;
      },
    });
    await link.roundTrip();
    if (!subscription.isClosed()) subscription.unsubscribe();
    return isDenied;
  };
  /** A request that the server's API never sees has no answer. */
  const isApiDenied = async (link: NatsLink, subject: string, body = '{}'): Promise<boolean> => {
    try {
      await link.connection.request(subject, body, { timeout: 200 });
      return false;
    } catch {
      return true;
    }
  };

  it('turns away who has no password, or a wrong one, without waiting', async () => {
    await expect(connectAs('control', 'wrong')).rejects.toBeInstanceOf(BrokerDeniedError);
    await expect(connectNats({ url: nats.url, name: 'nobody', logger: silentLogger })).rejects.toBeInstanceOf(
      BrokerDeniedError,
    );
  });

  it('lets a runner take and answer offers, report, log, and be told', async () => {
    const publisher = new JetStreamPublisher({ link: runner });
    const offers: string[] = [];
    const handle = async (message: { subject: string }) => {
      offers.push(message.subject);
      return done;
    };
    const subscription = await new JetStreamConsumer({ link: runner, publisher }).subscribe({
      consumer: runnerJobsConsumer('default'),
      concurrency: 1,
      keyOf: (message) => message.subject,
      handle,
    });
    await publish(offerSubject);
    await eventually(() => expect(offers).toEqual([offerSubject]));
    await subscription.drain(1_000);
    const manager = await jetstreamManager(control.connection);
    await eventually(async () => expect((await manager.streams.info('CYCLONE_JOBS')).state.messages).toBe(0));
    await publisher.publish({ subject: 'cyclone.report.job.shop.build.job.step-started', id: 'r1', data: bytes('{}') });
    await publisher.publish({ subject: 'cyclone.log.shop.build.job.step', id: 'l1', data: bytes('x') });
    const told: string[] = [];
    new NatsSignals(runner).listen('cyclone.live.confirm.runner-1.*', (signal) => told.push(signal.subject));
    await runner.roundTrip();
    new NatsSignals(control).send('cyclone.live.confirm.runner-1.logs', {});
    await eventually(() => expect(told).toEqual(['cyclone.live.confirm.runner-1.logs']));
  });

  it("lets an integration read its project's events, live and from its own place", async () => {
    const live: string[] = [];
    integration.connection.subscribe('cyclone.event.*.shop.*.*', {
      callback: (_error, message) => void live.push(message.subject),
    });
    await integration.roundTrip();
    await publish(eventSubject('shop'));
    await publish(eventSubject('bank'));
    const read: string[] = [];
    const consumer = new JetStreamConsumer({
      link: integration,
      publisher: new JetStreamPublisher({ link: integration }),
    });
    const subscription = await consumer.subscribe({
      consumer: integrationConsumer('chat'),
      concurrency: 1,
      keyOf: () => '',
      handle: async (message) => {
        read.push(message.subject);
        return done;
      },
    });
    await eventually(() => expect(read).toEqual([eventSubject('shop')]));
    await eventually(() => expect(live).toEqual([eventSubject('shop')]));
    await subscription.drain(1_000);
    expect(read).toEqual([eventSubject('shop')]);
  });

  const forbiddenPublishes = [
    eventSubject('shop'),
    offerSubject,
    'cyclone.ask.pipeline.read-credential',
    'cyclone.ask.pipeline.create-project',
    'cyclone.live.confirm.runner-1.logs',
    '_INBOX.control.forged',
  ];
  const forbiddenSubscriptions = [
    '_INBOX.>',
    '_INBOX.control.>',
    '_INBOX.*.*',
    '>',
    'cyclone.>',
    'cyclone.log.>',
    'cyclone.report.job.>',
    'cyclone.ask.>',
    'cyclone.command.>',
    'cyclone.event.>',
    'cyclone.live.confirm.*.logs',
    'cyclone.live.confirm.runner-2.logs',
    '$JS.EVENT.ADVISORY.>',
    '$JS.ACK.>',
    '$SYS.>',
  ];
  const forbiddenApi = [
    '$JS.API.INFO',
    '$JS.API.STREAM.DELETE.CYCLONE_EVENTS',
    '$JS.API.STREAM.PURGE.CYCLONE_EVENTS',
    '$JS.API.STREAM.CREATE.MINE',
    '$JS.API.STREAM.INFO.CYCLONE_EVENTS',
    '$JS.API.STREAM.MSG.GET.CYCLONE_LOGS',
    '$JS.API.DIRECT.GET.CYCLONE_LOGS',
    '$JS.API.CONSUMER.CREATE.CYCLONE_JOBS.mine',
    '$JS.API.CONSUMER.CREATE.CYCLONE_EVENTS.integration-chat',
    '$JS.API.CONSUMER.CREATE.CYCLONE_JOBS.runner-default-jobs',
    '$JS.API.CONSUMER.DELETE.CYCLONE_JOBS.runner-default-jobs',
    '$JS.API.CONSUMER.MSG.NEXT.CYCLONE_JOBS.runner-other-jobs',
    '$JS.API.CONSUMER.MSG.NEXT.CYCLONE_LOGS.log-svc-ingest',
    '$JS.API.CONSUMER.LIST.CYCLONE_EVENTS',
  ];

  it.each(['runner', 'integration'])('lets a %s do nothing else', async (role) => {
    const link = role === 'runner' ? runner : integration;
    for (const subject of forbiddenPublishes)
      expect([subject, await isPublishDenied(link, subject)]).toEqual([subject, true]);
    for (const subject of forbiddenSubscriptions)
      expect([subject, await isSubscribeDenied(link, subject)]).toEqual([subject, true]);
    const denied = await Promise.all(
      forbiddenApi.map(async (subject) => [subject, await isApiDenied(link, subject)] as const),
    );
    expect(denied.filter(([, isDenied]) => !isDenied)).toEqual([]);
  });

  it("keeps a runner from other runners' words and an integration from other projects and all of a runner's", async () => {
    expect(await isPublishDenied(integration, 'cyclone.report.job.shop.build.job.step-started')).toBe(true);
    expect(await isPublishDenied(integration, 'cyclone.log.shop.build.job.step')).toBe(true);
    expect(await isPublishDenied(integration, 'cyclone.ask.pipeline.claim-job')).toBe(true);
    expect(await isSubscribeDenied(integration, 'cyclone.event.*.bank.*.*')).toBe(true);
    expect(await isSubscribeDenied(runner, 'cyclone.live.cancel-job.runner-2')).toBe(true);
    expect(await isSubscribeDenied(runner, 'cyclone.live.cancel-job.runner-1')).toBe(false);
    expect(await isPublishDenied(runner, 'cyclone.ask.pipeline.claim-job')).toBe(false);
  });
});
