import type { Logger } from '@cyclone/observability';
import { MessageTooLargeError } from '../errors.js';
import type { Outcome } from '../outcome.js';
import type { OutgoingMessage, Publisher } from '../publisher.js';
import { cutDeadLetter, deadLetter } from './dead-letter.js';
import type { Delivery } from './delivery.js';
import type { RetryDelay } from './retry-delay.js';

export interface SettlePolicy {
  readonly durable: string;
  readonly maxDeliver: number;
  readonly retryDelay: RetryDelay;
  readonly publisher: Publisher;
  readonly logger: Logger;
}

const cutBytes = 64 * 1024;

/** A handler that threw asks for another try, with the consumer's back-off. */
export const outcomeOfFailure = (policy: SettlePolicy, delivery: Delivery, error: unknown): Outcome => {
  const { message } = delivery;
  const fields = { subject: message.subject, messageId: message.id, deliveryCount: message.deliveryCount, error };
  policy.logger.warn('a message handler failed', fields);
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: 'retry-after', delayMs: policy.retryDelay(message.deliveryCount), reason };
};

const publishDead = async (policy: SettlePolicy, letter: OutgoingMessage): Promise<void> => {
  try {
    await policy.publisher.publish(letter);
  } catch (error) {
    if (!(error instanceof MessageTooLargeError)) throw error;
    await policy.publisher.publish(cutDeadLetter(letter, cutBytes));
  }
};

const bury = async (policy: SettlePolicy, delivery: Delivery, reason: string): Promise<void> => {
  const { message } = delivery;
  try {
    await publishDead(policy, deadLetter(policy.durable, delivery, reason));
  } catch (error) {
    policy.logger.warn('a dead letter could not be stored; its message stays', {
      messageId: message.id,
      reason,
      error,
    });
    delivery.nak(policy.retryDelay(policy.maxDeliver));
    return;
  }
  policy.logger.error('a message went to the dead letters', {
    subject: message.subject,
    messageId: message.id,
    deliveryCount: message.deliveryCount,
    reason,
  });
  delivery.terminate(reason);
};

/** Says of one delivery what its handler said, and buries it once its tries are used up. Never throws. */
export const settle = async (policy: SettlePolicy, delivery: Delivery, outcome: Outcome): Promise<void> => {
  if (outcome.kind === 'done') return delivery.ack();
  if (outcome.kind === 'reject') return bury(policy, delivery, outcome.reason);
  if (delivery.message.deliveryCount >= policy.maxDeliver) return bury(policy, delivery, outcome.reason);
  delivery.nak(Math.max(1, outcome.delayMs));
};

/**
 * Tries that ended with the death of their process leave no outcome. A message that has used up all of its tries
 * is not tried again: it may be the one that kills.
 */
export const isUsedUp = (policy: SettlePolicy, delivery: Delivery): boolean =>
  delivery.message.deliveryCount > policy.maxDeliver;

export const buryUsedUp = (policy: SettlePolicy, delivery: Delivery): Promise<void> =>
  bury(policy, delivery, `was tried ${policy.maxDeliver} times, and no try ended with an answer`);
