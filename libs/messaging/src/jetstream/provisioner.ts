import { setTimeout as wait } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { streams } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import { BrokerUnavailableError } from '../errors.js';
import { isUnanswered } from './api-errors.js';
import { ensureConsumer } from './ensure-consumer.js';
import { ensureStreams } from './ensure-streams.js';
import type { EnsureStreamsOptions } from './ensure-streams.js';
import type { NatsLink } from './nats-link.js';

export type StreamKey = keyof typeof streams;

/** Makes what is missing in the broker. Runners and integrations have none: their rights end at using what is there. */
export interface Provisioner {
  /** Concurrent calls share one round. Throws BrokerUnavailableError when JetStream does not come up within a few seconds. */
  streams(): Promise<void>;
  consumer(consumer: ConsumerDefinition, subjects: readonly string[] | undefined): Promise<void>;
}

const triesMax = 6;
const firstRetryMs = 100;

/** A server takes connections a little before its JetStream answers. */
const ensurePatiently = async (link: NatsLink, options: EnsureStreamsOptions): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ensureStreams(link, options);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      if (tries === triesMax) throw new BrokerUnavailableError('JetStream does not answer', { cause: error });
      await wait(firstRetryMs * 2 ** (tries - 1));
    }
  }
};

export const createProvisioner = (link: NatsLink, options: EnsureStreamsOptions = {}): Provisioner => {
  let manager: Promise<JetStreamManager> | undefined;
  let round: Promise<void> | undefined;
  const getManager = (): Promise<JetStreamManager> =>
    (manager ??= jetstreamManager(link.connection, { checkAPI: false }));
  const ensureAll = async (): Promise<void> => {
    try {
      await ensurePatiently(link, options);
    } finally {
      round = undefined;
    }
  };
  return {
    streams: () => (round ??= ensureAll()),
    consumer: async (consumer, subjects) => ensureConsumer(await getManager(), consumer, subjects),
  };
};
