import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { streams } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import { ensureConsumer } from './ensure-consumer.js';
import { ensureStreams } from './ensure-streams.js';
import type { EnsureStreamsOptions } from './ensure-streams.js';
import type { NatsLink } from './nats-link.js';

export type StreamKey = keyof typeof streams;

/** Makes what is missing in the broker. Runners and integrations have none: their rights end at using what is there. */
export interface Provisioner {
  /** Concurrent calls share one round. */
  streams(): Promise<void>;
  consumer(consumer: ConsumerDefinition, subjects: readonly string[] | undefined): Promise<void>;
}

export const createProvisioner = (link: NatsLink, options: EnsureStreamsOptions = {}): Provisioner => {
  let manager: Promise<JetStreamManager> | undefined;
  let round: Promise<void> | undefined;
  const getManager = (): Promise<JetStreamManager> =>
    (manager ??= jetstreamManager(link.connection, { checkAPI: false }));
  const ensureAll = async (): Promise<void> => {
    try {
      await ensureStreams(link, options);
    } finally {
      round = undefined;
    }
  };
  return {
    streams: () => (round ??= ensureAll()),
    consumer: async (consumer, subjects) => ensureConsumer(await getManager(), consumer, subjects),
  };
};
