import { randomUUID } from 'node:crypto';
import { databaseOf, MongoCheckpointStore, openMongoStores, startMongoRelay } from '@cyclone/event-store/mongo';
import {
  connectNats,
  createProvisioner,
  JetStreamConsumer,
  JetStreamPublisher,
  JetStreamStreamInspector,
  NatsSignals,
} from '@cyclone/messaging/jetstream';
import {
  createNestService,
  defineService,
  failpointOf,
  waitFor,
  type RunningService,
  type ServiceContext,
} from '@cyclone/service-host';
import { createConnection, type Connection } from 'mongoose';
import { PipelineModule } from './answers/pipeline.module.js';
import { consumeRunnerReports } from './build/runner-reports.consumer.js';
import { openCheckpoints } from './checkpoints/open-checkpoints.js';
import { composePipeline } from './compose-pipeline.js';
import { pipelineConfigSchema, type PipelineConfig } from './config.js';
import { consumeForReactions, consumeForViews } from './reactors/build-events.consumer.js';
import { repeat } from './repeat.js';

const name = 'pipeline-svc';
const drainMs = 10_000;
const beatEveryMs = 5_000;
const reconcileEveryMs = 30_000;
const now = (): number => Date.now();

const start = async (config: PipelineConfig, { logger, signal }: ServiceContext): Promise<RunningService> => {
  const { url, database } = config.mongo;
  const connect = () => createConnection(url, { dbName: database, serverSelectionTimeoutMS: 5_000 }).asPromise();
  const connection = await waitFor(connect, { what: 'MongoDB', logger, signal });
  const link = await connectNats({ ...config.nats, name, logger, signal });
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  const publisher = new JetStreamPublisher({ link, provisioner });
  const consumer = new JetStreamConsumer({ link, publisher, provisioner });
  const signals = new NatsSignals(link);
  const stores = await openMongoStores(connection);
  const db = await databaseOf(connection);
  const failpoint = failpointOf(config.failpoint);

  const pipeline = await composePipeline({
    config,
    db,
    stores,
    publisher,
    signals,
    provisioner,
    now,
    logger,
    failpoint,
  });
  const { answers, reactions, timeouts, lostJobs, planBuild, reconcileOpenBuilds } = pipeline;
  const { builds, leases, dispatch, buildViews, projectViews } = answers;
  const problem = (message: string) => (error: unknown) => logger.error(message, { error });

  const checkpoints = await openCheckpoints({
    ...config.checkpoints,
    commits: stores.events,
    checkpoints: new MongoCheckpointStore(db),
    lastPosition: () => stores.events.lastPosition(),
    now,
    logger,
  });
  const relay = await startMongoRelay(connection, stores, {
    publisher,
    inspector: new JetStreamStreamInspector({ link, provisioner }),
    holder: `${name}-${randomUUID()}`,
    onSequenced: checkpoints.sequenced,
    onProblem: problem('the relay met a problem and goes on'),
  });
  const keptCheckpoints = checkpoints.keep(() => relay.watermark() !== undefined);
  builds.onCommitted(() => relay.nudge());
  await leases.beat();

  const app = await createNestService({ module: PipelineModule.with(answers), link, logger });
  await app.listen();
  const subscriptions = await Promise.all([
    consumeRunnerReports(consumer, { builds, tokens: answers.tokens, signals, now, logger, failpoint }),
    consumeForReactions(consumer, reactions, now),
    consumeForViews(consumer, [buildViews.projector, projectViews.projector]),
  ]);
  const beats = repeat(
    beatEveryMs,
    async () => {
      // While NATS is away no runner can be heard of: that is our outage, not theirs.
      await link.roundTrip();
      await leases.beat();
      await lostJobs.sweep();
    },
    problem('runner leases could not be judged'),
  );
  // What a process that died was about to do is taken up at once by the next one; later, others get time to do their own.
  let isFirst = true;
  const reconciliation = repeat(
    reconcileEveryMs,
    async () => {
      const patienceMs = isFirst ? 0 : undefined;
      await dispatch.reconcile(patienceMs);
      const open = await buildViews.openBuilds();
      timeouts.rebuild(open);
      await reconcileOpenBuilds.reconcile(open, patienceMs);
      isFirst = false;
    },
    problem('the reconciliation failed'),
  );

  return {
    name,
    health: () => health(connection, () => link.roundTrip()),
    stop: async () => {
      timeouts.stop();
      await Promise.all([beats.stop(), reconciliation.stop()]);
      await Promise.all(subscriptions.map((subscription) => subscription.drain(drainMs)));
      await app.close();
      await planBuild.settled();
      await dispatch.settled();
      await keptCheckpoints.stop();
      await relay.stop();
      await link.close();
      await connection.close();
    },
  };
};

const health = async (connection: Connection, roundTrip: () => Promise<number>) => {
  const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const [mongo, nats] = await Promise.all([
    Promise.resolve(connection.db?.command({ ping: 1 }, { timeoutMS: 1_500 })).then(() => 'ok', explain),
    roundTrip().then(() => 'ok', explain),
  ]);
  return { status: mongo === 'ok' && nats === 'ok' ? ('ok' as const) : ('failing' as const), checks: { mongo, nats } };
};

export const pipelineService = defineService({ name, configSchema: pipelineConfigSchema, start });
