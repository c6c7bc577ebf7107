import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { streams } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import { apiCode, apiCodes } from './api-errors.js';

const configOf = (consumer: ConsumerDefinition, subjects: readonly string[] | undefined): Partial<ConsumerConfig> => ({
  durable_name: consumer.durable,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: nanos(consumer.ackWaitMs),
  max_ack_pending: consumer.maxAckPending,
  // The limit is ours to keep: a server that reaches it forgets the message without a dead letter.
  max_deliver: -1,
  ...filterOf(subjects),
});

/** Both keys always, so that an update clears the one that is no longer used. */
const filterOf = (
  subjects: readonly string[] | undefined,
): Pick<Partial<ConsumerConfig>, 'filter_subject' | 'filter_subjects'> => {
  const [only, ...others] = subjects ?? [];
  if (others.length === 0) return { filter_subject: only, filter_subjects: undefined };
  return { filter_subject: undefined, filter_subjects: [...(subjects ?? [])] };
};

/** Makes a durable consumer, or brings its settings to these. What it has acknowledged stays acknowledged. */
export const ensureConsumer = async (
  manager: JetStreamManager,
  consumer: ConsumerDefinition,
  subjects?: readonly string[],
): Promise<void> => {
  const config = configOf(consumer, subjects);
  const stream = streams[consumer.stream].name;
  try {
    await manager.consumers.add(stream, config);
  } catch (error) {
    if (apiCode(error) !== apiCodes.consumerExists) throw error;
    await manager.consumers.update(stream, consumer.durable, config);
  }
};
