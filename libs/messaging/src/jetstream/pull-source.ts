import { setTimeout as wait } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { streams } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import type { Delivery, DeliverySink } from '../delivery/delivery.js';
import { isMissing, isUnanswered } from './api-errors.js';
import { deliveryOf } from './js-delivery.js';
import type { NatsLink } from './nats-link.js';
import type { Provisioner } from './provisioner.js';

export interface PullSourceOptions {
  readonly link: NatsLink;
  readonly provisioner: Provisioner | undefined;
  readonly consumer: ConsumerDefinition;
  readonly subjects: readonly string[] | undefined;
  readonly sink: DeliverySink;
  /** At most so many are asked for beyond what the sink holds. */
  readonly fetchMax: number;
}

const pullExpiresMs = 30_000;
/** Two missed ones and the consumer is looked for again. */
const heartbeatMs = 2_500;
const firstRetryMs = 100;
const retryMsMax = 5_000;

/** Pulls from one durable consumer into a sink for as long as it is wanted, whatever happens to the broker meanwhile. */
export class PullSource {
  readonly #stopping = new AbortController();
  #messages: ConsumerMessages | undefined;
  #loop: Promise<void> | undefined;

  constructor(private readonly options: PullSourceOptions) {}

  /** Resolves when the consumer is there and the first pull is sent. Throws what waiting cannot mend. */
  async start(): Promise<void> {
    const messages = await this.#openPatiently();
    this.#loop = this.#run(messages);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#messages?.close();
    await this.#loop;
  }

  async #run(first: ConsumerMessages | undefined): Promise<void> {
    let messages = first;
    while (messages !== undefined) {
      await this.#consume(messages);
      messages = await this.#openPatiently();
    }
  }

  /** Until the messages end: on stop, or because the consumer is gone. */
  async #consume(messages: ConsumerMessages): Promise<void> {
    const { consumer, sink, link } = this.options;
    try {
      // Room first: a message is asked for only when somebody can take it.
      await sink.room();
      for await (const message of messages) {
        sink.add(toDelivery(message, consumer));
        await sink.room();
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        link.logger.warn('a consumer was lost; it is opened again', { consumer: consumer.durable, error });
    } finally {
      await messages.close();
    }
  }

  async #openPatiently(): Promise<ConsumerMessages | undefined> {
    const { signal } = this.#stopping;
    const { consumer, link } = this.options;
    for (let attempt = 0; !signal.aborted && !link.connection.isClosed(); attempt += 1) {
      try {
        return await this.#open();
      } catch (error) {
        if (!isMissing(error) && !isUnanswered(error)) throw error;
        if (attempt % 10 === 0)
          link.logger.warn('waiting for a consumer', {
            consumer: consumer.durable,
            stream: streams[consumer.stream].name,
            error,
          });
        await wait(Math.min(retryMsMax, firstRetryMs * 2 ** attempt), undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #open(): Promise<ConsumerMessages> {
    const { link, consumer } = this.options;
    await this.#provision();
    const client = jetstream(link.connection);
    const durable = await client.consumers.get(streams[consumer.stream].name, consumer.durable);
    const messages = await durable.consume({
      max_messages: this.options.fetchMax,
      threshold_messages: Math.floor(this.options.fetchMax / 2),
      expires: pullExpiresMs,
      idle_heartbeat: heartbeatMs,
      abort_on_missing_resource: true,
    });
    this.#messages = messages;
    if (this.#stopping.signal.aborted) await messages.close();
    else void this.#closeWhenGone(messages);
    return messages;
  }

  async #provision(): Promise<void> {
    const { provisioner, consumer, subjects } = this.options;
    if (provisioner === undefined) return;
    try {
      await provisioner.consumer(consumer, subjects);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await provisioner.streams();
      await provisioner.consumer(consumer, subjects);
    }
  }

  /** A pull that nobody serves means that the consumer is gone: no need to wait for missing heartbeats. */
  async #closeWhenGone(messages: ConsumerMessages): Promise<void> {
    for await (const notice of messages.status()) {
      if (notice.type === 'no_responders' || notice.type === 'consumer_deleted') await messages.close();
    }
  }
}

const toDelivery = (message: JsMsg, consumer: ConsumerDefinition): Delivery =>
  deliveryOf(message, streams[consumer.stream].name);
