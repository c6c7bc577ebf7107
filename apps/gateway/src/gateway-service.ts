import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { databaseOf, openMongoStores } from '@cyclone/event-store/mongo';
import {
  connectNats,
  createProvisioner,
  JetStreamConsumer,
  JetStreamPublisher,
  NatsSignals,
} from '@cyclone/messaging/jetstream';
import { createAskClient } from '@cyclone/messaging/nest';
import {
  defineService,
  failpointOf,
  type HealthReport,
  type RunningService,
  type ServiceContext,
  waitFor,
} from '@cyclone/service-host';
import { createConnection } from 'mongoose';
import { InProcessCache } from './cache/in-process.cache.js';
import { RedisCache } from './cache/redis.cache.js';
import { composeGateway } from './compose.js';
import { type GatewayConfig, gatewayConfigSchema } from './config.js';
import { createHttpApp } from './http/http-app.js';
import { Sockets } from './live/sockets.js';
import { mongoIdempotencyKeys } from './store/idempotency-keys.js';
import { mongoDeliveryLedger, mongoRefusedDeliveries, mongoTokenLedger } from './store/mongo-ledgers.js';
import { ensureAdministrator } from './tokens/first-token.js';
import { consumeDeliveries, consumeTokens } from './webhooks/deliveries.consumer.js';

const name = 'gateway';
const drainMs = 10_000;
const now = (): number => Date.now();
const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Shown once, where the config says: this is the only time that the token itself exists outside its owner's hands. */
const reportFirstToken = async (config: GatewayConfig, token: string): Promise<void> => {
  if (config.firstTokenFile !== undefined) await writeFile(config.firstTokenFile, `${token}\n`, { mode: 0o600 });
  else process.stdout.write(`\nThe administrator's token, shown this once:\n\n  ${token}\n\n`);
};

const start = async (config: GatewayConfig, { logger, metrics, signal }: ServiceContext): Promise<RunningService> => {
  const { url, database } = config.mongo;
  const connect = () => createConnection(url, { dbName: database, serverSelectionTimeoutMS: 5_000 }).asPromise();
  const connection = await waitFor(connect, { what: 'MongoDB', logger, signal });
  const link = await connectNats({ ...config.nats, name, logger, signal });
  const { events, contents } = await openMongoStores(connection);
  const db = await databaseOf(connection);
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  const consumer = new JetStreamConsumer({
    link,
    publisher: new JetStreamPublisher({ link, provisioner }),
    provisioner,
  });
  const signals = new NatsSignals(link);
  const cache = config.redisUrl === undefined ? new InProcessCache() : new RedisCache(config.redisUrl);
  const health = async (): Promise<HealthReport> => {
    const [mongo, nats] = await Promise.all([
      db.command({ ping: 1 }, { timeoutMS: 1_500 }).then(() => 'ok', explain),
      link.roundTrip().then(() => 'ok', explain),
    ]);
    const redis = await cache.peek('health').then(() => 'ok', explain);
    const status = mongo !== 'ok' || nats !== 'ok' ? 'failing' : redis === 'ok' ? 'ok' : 'degraded';
    return { status, checks: { mongo, nats, cache: redis } };
  };

  let address = '';
  const parts = composeGateway({
    store: events,
    contents,
    signals,
    cache,
    asks: createAskClient(link),
    health,
    logger,
    metrics,
    now,
    keys: await mongoIdempotencyKeys(db, now),
    tokenLedger: await mongoTokenLedger(db),
    deliveryLedger: await mongoDeliveryLedger(db),
    refusedDeliveries: await mongoRefusedDeliveries(db),
    publicUrl: () => config.publicUrl ?? address,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    trustedProxies: config.trustedProxies,
    authFailuresMax: config.authFailuresMax,
    failpoint: failpointOf(config.failpoint),
  });
  const firstToken = await ensureAdministrator(parts.tokens, parts.tokenLedger, now);
  if (firstToken !== undefined) await reportFirstToken(config, firstToken);

  await parts.tail.start(signals);
  const app = await createHttpApp(parts);
  const sockets = new Sockets(parts);
  sockets.attach(app.getHttpServer());
  await app.listen(config.listen.port, config.listen.host);
  address = addressOf(app.getHttpServer().address(), config.listen.host);
  const subscriptions = await Promise.all([
    consumeDeliveries(consumer, parts.deliveries),
    consumeTokens(consumer, parts.tokens),
    parts.hooks.consume(consumer),
  ]);

  return {
    name,
    address,
    health,
    stop: async () => {
      await sockets.close();
      parts.tail.stop();
      // Readers of the feed over SSE end with the tail; whatever else is still open has had its time.
      const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), 2_000);
      await app.close();
      clearTimeout(cut);
      await Promise.all(subscriptions.map((subscription) => subscription.drain(drainMs)));
      await cache.close();
      await link.close();
      await connection.close();
    },
  };
};

const addressOf = (bound: string | AddressInfo | null, host: string): string => {
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
};

export const gatewayService = defineService({ name, configSchema: gatewayConfigSchema, start });
