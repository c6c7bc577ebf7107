import type { Consumer, ConsumerDefinition, Subscription } from '../consumer.js';
import { BatchSink } from '../delivery/batch-sink.js';
import type { DeliverySink } from '../delivery/delivery.js';
import { KeyedSink } from '../delivery/keyed-sink.js';
import { defaultRetryDelay } from '../delivery/retry-delay.js';
import type { RetryDelay } from '../delivery/retry-delay.js';
import type { SettlePolicy } from '../delivery/settle.js';
import type { Publisher } from '../publisher.js';
import { streams } from '@cyclone/contracts';
import type { NatsLink } from './nats-link.js';
import type { Provisioner } from './provisioner.js';
import { PullSource } from './pull-source.js';

export interface JetStreamConsumerOptions {
  readonly link: NatsLink;
  /** Takes the dead letters. */
  readonly publisher: Publisher;
  /** With it missing consumers and streams are made; without it their maker is waited for. */
  readonly provisioner?: Provisioner;
  readonly retryDelay?: RetryDelay;
}

type KeyedOptions = Parameters<Consumer['subscribe']>[0];
type BatchOptions = Parameters<Consumer['subscribeBatches']>[0];

/** Lanes stay full while an answer of the broker is on its way. */
const heldPerLane = 4;

const isWorkQueue = (consumer: ConsumerDefinition): boolean => streams[consumer.stream].retention === 'workqueue';

/** What waits in one process's memory cannot be taken by an idle one: a work queue's messages are fetched only to be begun. */
const heldMaxOf = (consumer: ConsumerDefinition, concurrency: number): number =>
  isWorkQueue(consumer) ? concurrency : Math.min(consumer.maxAckPending, concurrency * heldPerLane);

export class JetStreamConsumer implements Consumer {
  constructor(private readonly options: JetStreamConsumerOptions) {}

  subscribe(options: KeyedOptions): Promise<Subscription> {
    const { consumer, concurrency, keyOf, handle } = options;
    const heldMax = heldMaxOf(consumer, concurrency);
    const sink = new KeyedSink({
      policy: this.#policy(consumer),
      concurrency,
      heldMax,
      ackWaitMs: consumer.ackWaitMs,
      keyOf,
      handle,
    });
    return this.#start(consumer, options.subjects, sink, heldMax);
  }

  subscribeBatches(options: BatchOptions): Promise<Subscription> {
    const { consumer, batchMax, lingerMs, handle } = options;
    const heldMax = Math.min(consumer.maxAckPending, batchMax * 2);
    const sink = new BatchSink({
      policy: this.#policy(consumer),
      batchMax: Math.min(batchMax, heldMax),
      lingerMs,
      heldMax,
      ackWaitMs: consumer.ackWaitMs,
      handle,
    });
    return this.#start(consumer, options.subjects, sink, heldMax);
  }

  #policy(consumer: ConsumerDefinition): SettlePolicy {
    const { link, publisher, retryDelay = defaultRetryDelay } = this.options;
    const logger = link.logger.child({ consumer: consumer.durable });
    return { durable: consumer.durable, maxDeliver: consumer.maxDeliver, retryDelay, publisher, logger };
  }

  async #start(
    consumer: ConsumerDefinition,
    subjects: readonly string[] | undefined,
    sink: DeliverySink,
    heldMax: number,
  ): Promise<Subscription> {
    const { link, provisioner } = this.options;
    const source = new PullSource({
      link,
      provisioner,
      consumer,
      subjects,
      sink,
      refillMin: isWorkQueue(consumer) ? 1 : Math.ceil(heldMax / 4),
    });
    await source.start();
    return {
      drain: async (graceMs) => {
        await source.stop();
        await sink.drain(graceMs);
        // Acknowledgements are sent without waiting: they must be out before the connection may close.
        await link.roundTrip().catch(() => undefined);
      },
    };
  }
}
