import { openMongoStores } from '@cyclone/event-store/mongo';
import { JetStreamConsumer, JetStreamPublisher, connectNats, createProvisioner } from '@cyclone/messaging/jetstream';
import { createAskClient } from '@cyclone/messaging/nest';
import { type RunningService, type ServiceContext, defineService, failpointOf, waitFor } from '@cyclone/service-host';
import { type Connection, createConnection } from 'mongoose';
import { type NotifyConfig, notifyConfigSchema } from './config.js';
import { DeliverReactor } from './deliver/deliver.reactor.js';
import { createMailChannel } from './deliver/mail.channel.js';
import { createStatusChannel } from './deliver/status.channel.js';
import { askForLogs } from './email/build-logs.js';
import type { Mailer } from './email/mailer.js';
import { createSmtpMailer, unconfiguredMailer } from './email/smtp.mailer.js';
import { askPipeline } from './follow/ask-pipeline.js';
import { followBuildEvents } from './follow/build-events.consumer.js';
import { FactsReader } from './follow/facts-reader.js';
import { BuildFollower } from './follow/follow-build.js';
import { createLedger } from './follow/ledger.js';
import { MongoWakeUps } from './follow/mongo.wake-ups.js';
import { createLinks } from './links.js';
import { createOutboundHttp } from './outbound/outbound-http.js';

const name = 'notify-svc';
const drainMs = 10_000;
const now = (): number => Date.now();

const domainOf = (mailFrom: string): string => /@([A-Za-z0-9.-]+)>?\s*$/.exec(mailFrom)?.[1] ?? 'cyclone.invalid';

const health = async (connection: Connection, roundTrip: () => Promise<number>, isMailConfigured: boolean) => {
  const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const [mongo, nats] = await Promise.all([
    Promise.resolve(connection.db?.command({ ping: 1 }, { timeoutMS: 1_500 })).then(() => 'ok', explain),
    roundTrip().then(() => 'ok', explain),
  ]);
  const smtp = isMailConfigured ? 'ok' : 'CYCLONE_SMTP_URL is not set: mails fail';
  const status =
    mongo !== 'ok' || nats !== 'ok' ? ('failing' as const) : isMailConfigured ? ('ok' as const) : ('degraded' as const);
  return { status, checks: { mongo, nats, smtp } };
};

const start = async (config: NotifyConfig, { logger, signal }: ServiceContext): Promise<RunningService> => {
  const { url, database } = config.mongo;
  const connect = () => createConnection(url, { dbName: database, serverSelectionTimeoutMS: 5_000 }).asPromise();
  const connection = await waitFor(connect, { what: 'MongoDB', logger, signal });
  const link = await connectNats({ ...config.nats, name, logger, signal });
  const { events, leases } = await openMongoStores(connection);
  const wakeUps = await MongoWakeUps.open(connection);
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  const publisher = new JetStreamPublisher({ link, provisioner });
  const consumer = new JetStreamConsumer({ link, publisher, provisioner });
  const asks = createAskClient(link);

  const pipeline = askPipeline(asks);
  const links = createLinks(config.publicUrl);
  const facts = new FactsReader(events);
  const ledger = createLedger(events);
  const failpoint = failpointOf(config.failpoint);
  const smtp =
    config.smtpUrl === undefined
      ? unconfiguredMailer
      : createSmtpMailer({ url: config.smtpUrl, from: config.mailFrom });
  const mailer: Mailer = {
    send: async (mail) => {
      failpoint('before-mail');
      const detail = await smtp.send(mail);
      failpoint('after-mail');
      return detail;
    },
  };
  const channels = [
    createMailChannel({
      mailer,
      logs: askForLogs(asks),
      buildOf: pipeline.buildOf,
      linksOf: links.ofBuild,
      domain: domainOf(config.mailFrom),
      now,
    }),
    createStatusChannel({
      http: createOutboundHttp(config.allowedHosts),
      accessOf: pipeline.accessOf,
      buildUrl: links.buildUrl,
      now,
    }),
  ];
  const deliver = new DeliverReactor({ facts, ledger, wakeUps, leases, channels, now, logger });
  const { rulesOf, previousOutcome } = pipeline;
  const follower = new BuildFollower({
    facts,
    ledger,
    wakeUps,
    rulesOf,
    previousOutcome,
    now,
    onWakeUp: () => deliver.wake(),
  });

  deliver.wake();
  const subscription = await followBuildEvents(consumer, (buildId) => follower.follow(buildId));
  return {
    name,
    health: () => health(connection, () => link.roundTrip(), config.smtpUrl !== undefined),
    stop: async () => {
      await subscription.drain(drainMs);
      await deliver.stop();
      await link.close();
      await connection.close();
    },
  };
};

export const notifyService = defineService({ name, configSchema: notifyConfigSchema, start });
