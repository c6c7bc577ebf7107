import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { consumers, streams } from '@cyclone/contracts';
import { createLogger, silentLogger } from '@cyclone/observability';
import { eventually } from '@cyclone/testing';
import { testNats } from '@cyclone/testing/servers';
import type { TestServer } from '@cyclone/testing/servers';
import type { ConsumerDefinition, IncomingMessage, Subscription } from '../consumer.js';
import { BrokerUnavailableError, PublishRefusedError, StreamMismatchError } from '../errors.js';
import { done } from '../outcome.js';
import { connectNats } from './connect-nats.js';
import { ensureStreams } from './ensure-streams.js';
import { JetStreamConsumer } from './jetstream.consumer.js';
import { JetStreamPublisher } from './jetstream.publisher.js';
import { JetStreamStreamInspector } from './jetstream.stream-inspector.js';
import { parseAckSubject } from './js-delivery.js';
import type { NatsLink } from './nats-link.js';
import { NatsSignals } from './nats.signals.js';
import { createProvisioner } from './provisioner.js';

const definition: ConsumerDefinition = {
  ...consumers.pipelineRunnerReports,
  durable: 'faults',
  ackWaitMs: 1_000,
  maxDeliver: 3,
};
const subject = 'cyclone.report.job.shop.build.job.step-started';
const data = new TextEncoder().encode('{}');

describe('JetStream under faults', () => {
  let nats: TestServer;
  let link: NatsLink;
  const links: NatsLink[] = [];
  const subscriptions: Subscription[] = [];

  const connectOne = async (): Promise<NatsLink> => {
    const connected = await connectNats({ url: nats.url, name: 'faults', logger: silentLogger });
    links.push(connected);
    return connected;
  };
  const publisher = (): JetStreamPublisher =>
    new JetStreamPublisher({ link, provisioner: createProvisioner(link), timeoutMs: 1_000 });
  const collect = async (options: { provision: boolean } = { provision: true }): Promise<IncomingMessage[]> => {
    const seen: IncomingMessage[] = [];
    const provisioner = options.provision ? createProvisioner(link) : undefined;
    const consumer = new JetStreamConsumer({ link, publisher: publisher(), provisioner, retryDelay: () => 10 });
    const handle = async (message: IncomingMessage) => {
      seen.push(message);
      return done;
    };
    subscriptions.push(
      await consumer.subscribe({ consumer: definition, concurrency: 2, keyOf: (message) => message.id, handle }),
    );
    return seen;
  };
  const ids = (messages: readonly IncomingMessage[]): string[] => messages.map((message) => message.id);

  beforeEach(async () => {
    nats = await testNats();
    link = await connectOne();
  }, 120_000);
  afterEach(async () => {
    await Promise.all(subscriptions.splice(0).map((subscription) => subscription.drain(0)));
    await Promise.all(links.splice(0).map((open) => open.close()));
    await nats.dispose();
  });

  it('waits for a server that starts later, and says so', async () => {
    await nats.kill9();
    const lines: string[] = [];
    const logger = createLogger({
      service: 'spec',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    const later = connectNats({ url: nats.url, name: 'early', logger });
    await eventually(() => expect(lines.join('')).toContain('waiting for NATS'));
    await nats.restart();
    links.push(await later);
    expect(await (await later).roundTrip()).toBeGreaterThan(0);
  });

  it('stops waiting when it is told to', async () => {
    await nats.kill9();
    const stop = new AbortController();
    const later = connectNats({ url: nats.url, name: 'early', logger: silentLogger, signal: stop.signal });
    stop.abort();
    await expect(later).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is made once by many that start at the same time', async () => {
    const others = await Promise.all([connectOne(), connectOne(), connectOne()]);
    await Promise.all([link, ...others].map((each) => ensureStreams(each)));
    const manager = await jetstreamManager(link.connection);
    const names = (await manager.streams.list().next()).map((info) => info.config.name).sort();
    expect(names).toEqual(
      Object.values(streams)
        .map((stream) => stream.name)
        .sort(),
    );
  });

  it('changes limits that differ, keeps what is stored, and names a nature that cannot be changed', async () => {
    await ensureStreams(link);
    await publisher().publish({ subject, id: 'kept', data });
    const smaller = { ...streams.reports, maxAgeMs: 60 * 60_000, maxBytes: 1024 * 1024 };
    await ensureStreams(link, { streams: [smaller] });
    const manager = await jetstreamManager(link.connection);
    const info = await manager.streams.info(streams.reports.name);
    expect(info.config).toMatchObject({ max_age: 60 * 60_000 * 1_000_000, max_bytes: 1024 * 1024 });
    expect(info.state.messages).toBe(1);
    await expect(
      ensureStreams(link, { streams: [{ ...streams.reports, retention: 'workqueue' }] }),
    ).rejects.toBeInstanceOf(StreamMismatchError);
  });

  it('goes on after everything in the store was lost, and the loss shows', async () => {
    const seen = await collect();
    const inspector = new JetStreamStreamInspector({ link, provisioner: createProvisioner(link) });
    await publisher().publish({ subject, id: 'before', data });
    await eventually(() => expect(ids(seen)).toEqual(['before']));
    const before = await inspector.inspect('reports');
    const manager = await jetstreamManager(link.connection);
    for (const stream of Object.values(streams)) await manager.streams.delete(stream.name).catch(() => false);
    await publisher().publish({ subject, id: 'after', data });
    await eventually(() => expect(ids(seen)).toEqual(['before', 'after']));
    const after = await inspector.inspect('reports');
    expect(after.createdAt).toBeGreaterThan(before.createdAt);
    expect(after.lastSequence).toBe(1);
  });

  it('finds its consumer again when only that was deleted', async () => {
    const seen = await collect();
    const manager = await jetstreamManager(link.connection);
    await manager.consumers.delete(streams.reports.name, definition.durable);
    await publisher().publish({ subject, id: 'later', data });
    await eventually(() => expect(ids(seen)).toEqual(['later']));
  });

  it('refuses to publish while the server is away, and goes on when it is back', async () => {
    const seen = await collect();
    const signals = new NatsSignals(link);
    await publisher().publish({ subject, id: 'before', data });
    await eventually(() => expect(ids(seen)).toEqual(['before']));
    await nats.kill9();
    await eventually(() => expect(link.isConnected()).toBe(false));
    await expect(publisher().publish({ subject, id: 'meanwhile', data })).rejects.toBeInstanceOf(
      BrokerUnavailableError,
    );
    await expect(link.roundTrip()).rejects.toBeInstanceOf(BrokerUnavailableError);
    signals.send('cyclone.live.any', { data });
    let reconnects = 0;
    link.onReconnect(() => {
      reconnects += 1;
    });
    await nats.restart();
    await eventually(() => expect(reconnects).toBe(1));
    await eventually(async () => publisher().publish({ subject, id: 'after', data }));
    await eventually(() => expect(ids(seen)).toContain('after'));
    expect(ids(seen)).not.toContain('meanwhile');
  });

  it('waits for a consumer that it may not make', async () => {
    await ensureStreams(link);
    const joining = collect({ provision: false });
    await publisher().publish({ subject, id: 'early', data });
    await createProvisioner(link).consumer(definition, undefined);
    const seen = await joining;
    await eventually(() => expect(ids(seen)).toEqual(['early']));
    const unprovisioned = new JetStreamPublisher({ link });
    const manager = await jetstreamManager(link.connection);
    await manager.streams.delete(streams.reports.name);
    await expect(unprovisioned.publish({ subject, id: 'lost', data })).rejects.toBeInstanceOf(PublishRefusedError);
  });

  it('does not try again what has ended every try without an answer', async () => {
    const provisioner = createProvisioner(link);
    await provisioner.streams();
    await provisioner.consumer({ ...definition, ackWaitMs: 20 }, undefined);
    await publisher().publish({ subject, id: 'deadly', data });
    let tries = 0;
    // What is left of processes that died on it: deliveries, and no word about them.
    const silent = link.connection.subscribe('spec.silent', {
      callback: (_error, message) => void (tries += parseAckSubject(message.reply) === undefined ? 0 : 1),
    });
    await eventually(async () => {
      link.connection.publish(
        `$JS.API.CONSUMER.MSG.NEXT.${streams.reports.name}.${definition.durable}`,
        '{"batch":1,"no_wait":true}',
        { reply: 'spec.silent' },
      );
      await link.roundTrip();
      expect(tries).toBeGreaterThanOrEqual(definition.maxDeliver);
    });
    silent.unsubscribe();
    const seen = await collect();
    const inspector = new JetStreamStreamInspector({ link, provisioner });
    await eventually(async () => expect((await inspector.inspect('dead')).lastSequence).toBe(1));
    expect(seen).toEqual([]);
  });
});
