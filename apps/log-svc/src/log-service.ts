import { type BuildId, type BuildView, consumers, pipelineAsks } from '@cyclone/contracts';
import { openMongoStores } from '@cyclone/event-store/mongo';
import {
  JetStreamConsumer,
  JetStreamPublisher,
  NatsSignals,
  connectNats,
  createProvisioner,
} from '@cyclone/messaging/jetstream';
import { type AskClient, AskRefusedError, createAskClient } from '@cyclone/messaging/nest';
import {
  type RunningService,
  type ServiceContext,
  createNestService,
  defineService,
  failpointOf,
  waitFor,
} from '@cyclone/service-host';
import { type Connection, createConnection } from 'mongoose';
import { type LogConfig, logConfigSchema } from './config.js';
import { JobTokenVerifier } from './ingest/job-token-verifier.js';
import { LogIngest } from './ingest/log-ingest.js';
import { LogModule } from './log.module.js';
import { removeOldLogs, sweepSilentLogs } from './retention/sweep-logs.js';
import { Sweeper } from './retention/sweeper.js';
import { LogSealer } from './seal/log-sealer.js';
import type { LogAttempt } from './store/log-store.js';
import { MongoLogStore } from './store/mongo.log-store.js';

const name = 'log-svc';
const ingestBatchMax = 128;
const drainMs = 10_000;
const now = (): number => Date.now();

/** Times that no deployment needs to change. */
const sweepLimits = { silentMs: 15_000, missingChunksMs: 10 * 60_000, unsealedMs: 5 * 60_000, batchMax: 200 };

const findBuild = async (asks: AskClient, buildId: BuildId): Promise<BuildView | undefined> => {
  try {
    return await asks.ask(pipelineAsks.getBuild, { buildId });
  } catch (error) {
    if (error instanceof AskRefusedError && error.refusal.kind === 'not-found') return undefined;
    throw error;
  }
};

const health = async (connection: Connection, roundTrip: () => Promise<number>) => {
  const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const [mongo, nats] = await Promise.all([
    Promise.resolve(connection.db?.command({ ping: 1 }, { timeoutMS: 1_500 })).then(() => 'ok', explain),
    roundTrip().then(() => 'ok', explain),
  ]);
  return { status: mongo === 'ok' && nats === 'ok' ? ('ok' as const) : ('failing' as const), checks: { mongo, nats } };
};

const start = async (config: LogConfig, { logger, signal }: ServiceContext): Promise<RunningService> => {
  const { url, database } = config.mongo;
  const connect = () => createConnection(url, { dbName: database, serverSelectionTimeoutMS: 5_000 }).asPromise();
  const connection = await waitFor(connect, { what: 'MongoDB', logger, signal });
  const link = await connectNats({ ...config.nats, name, logger, signal });
  const { events, leases } = await openMongoStores(connection);
  const store = await MongoLogStore.open(connection);
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  const publisher = new JetStreamPublisher({ link, provisioner });
  const consumer = new JetStreamConsumer({ link, publisher, provisioner });
  const signals = new NatsSignals(link);
  const asks = createAskClient(link);

  const sealer = new LogSealer({ store, events, signals, now, logger });
  const tokens = new JobTokenVerifier(() => asks.ask(pipelineAsks.jobTokenKey, {}), now);
  const failpoint = failpointOf(config.failpoint);
  const onComplete = (attempt: LogAttempt): void => {
    failpoint('before-seal');
    sealer.enqueue(attempt);
  };
  const ingest = new LogIngest({ store, tokens, signals, now, onComplete });
  let wellSince = now();
  link.onReconnect(() => {
    wellSince = now();
  });
  const limits = { ...sweepLimits, retentionMs: config.retentionMs };
  const sweepParts = {
    store,
    sealer,
    limits,
    logger,
    wellSince: () => wellSince,
    findBuild: (buildId: BuildId) => findBuild(asks, buildId),
  };
  const sweep = async (): Promise<void> => {
    try {
      await sweepSilentLogs(sweepParts, now());
      await removeOldLogs(sweepParts, now());
    } catch (error) {
      wellSince = now();
      throw error;
    }
  };
  const sweeper = new Sweeper({ leases, everyMs: config.sweepEveryMs, sweep, logger });

  const app = await createNestService({ module: LogModule.with(store), link, logger });
  await app.listen();
  const subscription = await consumer.subscribeBatches({
    consumer: consumers.logIngest,
    batchMax: ingestBatchMax,
    lingerMs: 0,
    handle: async (messages) => {
      const outcomes = await ingest.handle(messages);
      failpoint('before-ack');
      return outcomes;
    },
  });
  sweeper.start();

  return {
    name,
    health: () => health(connection, () => link.roundTrip()),
    stop: async () => {
      await subscription.drain(drainMs);
      await sweeper.stop();
      await sealer.drain();
      await app.close();
      await link.close();
      await connection.close();
    },
  };
};

export const logService = defineService({ name, configSchema: logConfigSchema, start });
