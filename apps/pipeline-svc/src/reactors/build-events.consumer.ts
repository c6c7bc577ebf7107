import { consumers, EventEnvelope, readEventData, subjects } from '@cyclone/contracts';
import {
  done,
  rejectMessage,
  retryAfter,
  type Consumer,
  type IncomingMessage,
  type Outcome,
  type Subscription,
} from '@cyclone/messaging';
import type { RecordedEvent, StreamProjector } from '@cyclone/event-store';
import type { Clock } from '../clock.js';
import { isBuildEvent } from '../recorded-events.js';
import type { BuildReactions } from './build-reactions.js';

const reactionConcurrency = 16;
const viewBatchMax = 256;
const viewRetryMs = 2_000;
/** The process that appended reacts by itself; the guarantee waits this long before it does the same. */
const firstReactionMs = 2_000;

const readEvent = (message: IncomingMessage): RecordedEvent | undefined => {
  try {
    const envelope = EventEnvelope.parse(JSON.parse(Buffer.from(message.data).toString('utf8')));
    return { ...envelope, data: readEventData(envelope.type, envelope.version, envelope.data) };
  } catch {
    return undefined;
  }
};

export const consumeForReactions = (consumer: Consumer, reactions: BuildReactions, now: Clock): Promise<Subscription> =>
  consumer.subscribe({
    consumer: consumers.pipelineReactions,
    subjects: [subjects.eventsOf({ kind: 'build' })],
    concurrency: reactionConcurrency,
    keyOf: (message) => message.subject.split('.').slice(0, 5).join('.'),
    handle: async (message) => {
      const event = readEvent(message);
      if (event === undefined || !isBuildEvent(event)) return rejectMessage('the message is no event of a build');
      const ageMs = now() - event.occurredAt;
      if (event.type === 'BuildRequested' && message.deliveryCount === 1 && ageMs < firstReactionMs) {
        return retryAfter(firstReactionMs, 'the process that appended plans at once');
      }
      await reactions.reactAgain(event);
      return done;
    },
  });

export const consumeForViews = (consumer: Consumer, projectors: readonly StreamProjector[]): Promise<Subscription> =>
  consumer.subscribeBatches({
    consumer: consumers.pipelineViews,
    subjects: [subjects.eventsOf({ kind: 'build' }), subjects.eventsOf({ kind: 'project' })],
    batchMax: viewBatchMax,
    lingerMs: 10,
    handle: async (messages) => {
      const read = messages.map((message) => readEvent(message));
      try {
        await applyAll(
          projectors,
          read.filter((event) => event !== undefined),
        );
        return read.map((event) => (event === undefined ? rejectMessage('the message is no event') : done));
      } catch {
        // One stream that cannot be folded must not hold up the others: each for itself.
        return Promise.all(read.map((event) => applyOne(projectors, event)));
      }
    },
  });

const applyAll = async (projectors: readonly StreamProjector[], events: readonly RecordedEvent[]): Promise<void> => {
  for (const projector of projectors) await projector.apply(events);
};

const applyOne = async (projectors: readonly StreamProjector[], event: RecordedEvent | undefined): Promise<Outcome> => {
  if (event === undefined) return rejectMessage('the message is no event');
  try {
    await applyAll(projectors, [event]);
    return done;
  } catch (error) {
    return retryAfter(viewRetryMs, error instanceof Error ? error.message : String(error));
  }
};
