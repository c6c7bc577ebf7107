import { consumers, DeliveryId, EventEnvelope, subjects, TokenId } from '@cyclone/contracts';
import { type Consumer, done, type Outcome, rejectMessage, type Subscription } from '@cyclone/messaging';
import type { Tokens } from '../tokens/tokens.js';
import type { Deliveries } from './deliveries.js';

/** The guarantee behind the reaction that the receiving process makes at once: no delivery stays without its verdict. */
export const consumeDeliveries = (consumer: Consumer, deliveries: Deliveries): Promise<Subscription> =>
  consumer.subscribe({
    consumer: consumers.gatewayDeliveries,
    subjects: [subjects.eventsOf({ kind: 'delivery' })],
    concurrency: 8,
    keyOf: (message) => message.subject.split('.').at(-2) ?? '',
    handle: (message) => onEvent(message.data, (id) => deliveries.judge(DeliveryId.parse(id))),
  });

/** Keeps the list of tokens right where the process that appended did not come to it. */
export const consumeTokens = (consumer: Consumer, tokens: Tokens): Promise<Subscription> =>
  consumer.subscribe({
    consumer: consumers.gatewayTokens,
    subjects: [subjects.eventsOf({ kind: 'token' })],
    concurrency: 4,
    keyOf: (message) => message.subject.split('.').at(-2) ?? '',
    handle: (message) => onEvent(message.data, (id) => tokens.project(TokenId.parse(id))),
  });

const onEvent = async (data: Uint8Array, react: (streamId: string) => Promise<void>): Promise<Outcome> => {
  const envelope = readEnvelope(data);
  if (envelope === undefined) return rejectMessage('not an event envelope');
  await react(envelope.stream.id);
  return done;
};

export const readEnvelope = (data: Uint8Array): EventEnvelope | undefined => {
  try {
    return EventEnvelope.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return undefined;
  }
};
