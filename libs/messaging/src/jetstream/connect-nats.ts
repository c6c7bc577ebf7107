import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { errors } from '@nats-io/nats-core';
import { redactText } from '@cyclone/observability';
import type { Logger } from '@cyclone/observability';
import { endsWithin } from '../delivery/within.js';
import { BrokerDeniedError, BrokerUnavailableError } from '../errors.js';
import type { NatsLink } from './nats-link.js';

export interface NatsOptions {
  /** One url, or several of a cluster with commas between. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  /** Replies come here; the server's permissions keep other users out. `_INBOX.<user>` by default, as the server's configuration grants. */
  readonly inboxPrefix?: string;
  readonly logger: Logger;
  /** Gives up waiting for the first connection. */
  readonly signal?: AbortSignal;
}

const connectTimeoutMs = 2_000;
const firstRetryMs = 100;
const retryMsMax = 2_000;
const waitingLineEveryMs = 10_000;
const closeGraceMs = 5_000;
const roundTripTimeoutMs = 2_000;

/** The prefix that the server's configuration grants to a user, and to nobody else. */
export const inboxPrefixOf = (user: string): string => `_INBOX.${user}`;

const ownInboxPrefix = (options: NatsOptions): string =>
  options.inboxPrefix ?? (options.user === undefined ? '_INBOX' : inboxPrefixOf(options.user));

const connectionOptions = (options: NatsOptions): ConnectionOptions => ({
  servers: options.url.split(',').map((url) => url.trim()),
  name: options.name,
  user: options.user,
  pass: options.password,
  inboxPrefix: ownInboxPrefix(options),
  timeout: connectTimeoutMs,
  reconnect: true,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  // Two refusals in a row would end the connection for good; a server whose configuration is being changed may refuse for a while.
  ignoreAuthErrorAbort: true,
  pingInterval: 10_000,
  maxPingOut: 2,
  noAsyncTraces: true,
});

const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Connects, and goes on trying until it succeeds: the order in which servers and services start does not matter.
 * Throws BrokerDeniedError when the server answers and refuses this user.
 */
const connectOnce = async (options: NatsOptions): Promise<NatsConnection> => {
  const where = redactText(options.url);
  for (let attempt = 0, saidAt = -Infinity; ; attempt += 1) {
    try {
      return await connect(connectionOptions(options));
    } catch (error) {
      if (error instanceof errors.AuthorizationError) {
        throw new BrokerDeniedError(`NATS at ${where} refuses user ${options.user ?? '(none)'}: ${explain(error)}`, {
          cause: error,
        });
      }
      if (performance.now() - saidAt > waitingLineEveryMs) {
        options.logger.warn('waiting for NATS', { url: where, reason: explain(error) });
        saidAt = performance.now();
      }
      await wait(Math.min(retryMsMax, firstRetryMs * 2 ** attempt), undefined, { signal: options.signal });
    }
  }
};

const watch = async (
  connection: NatsConnection,
  logger: Logger,
  state: { isConnected: boolean; listeners: Set<() => void> },
) => {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') {
      state.isConnected = false;
      logger.warn('lost the connection to NATS', { server: status.server });
    } else if (status.type === 'reconnect') {
      state.isConnected = true;
      logger.info('connected to NATS again', { server: status.server });
      for (const listener of [...state.listeners]) listener();
    } else if (status.type === 'error') {
      logger.error('NATS reported an error', { error: status.error });
    } else if (status.type === 'slowConsumer') {
      logger.warn('a NATS subscription is slow', { pending: status.pending, subject: status.sub.getSubject() });
    }
  }
};

export const connectNats = async (options: NatsOptions): Promise<NatsLink> => {
  const logger = options.logger.child({ nats: options.name });
  const connection = await connectOnce({ ...options, logger });
  const state = { isConnected: true, listeners: new Set<() => void>() };
  void watch(connection, logger, state);
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    state.listeners.clear();
    const isDrained = state.isConnected && (await endsWithin(connection.drain(), closeGraceMs));
    if (!isDrained) await connection.close();
  };
  return {
    connection,
    logger,
    user: options.user,
    inboxPrefix: ownInboxPrefix(options),
    isConnected: () => state.isConnected && !connection.isClosed(),
    roundTrip: async () => {
      const startedAt = performance.now();
      const isAnswered =
        state.isConnected && !connection.isClosed() && (await endsWithin(connection.flush(), roundTripTimeoutMs));
      if (!isAnswered) throw new BrokerUnavailableError('NATS does not answer');
      return performance.now() - startedAt;
    },
    onReconnect: (listener) => {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    close: () => (closing ??= end()),
  };
};
