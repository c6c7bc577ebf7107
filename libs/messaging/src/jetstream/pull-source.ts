import { setTimeout as wait } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { createInbox, nanos } from '@nats-io/nats-core';
import type { Msg, Subscription } from '@nats-io/nats-core';
import { streams } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import type { DeliverySink } from '../delivery/delivery.js';
import { endsWithin } from '../delivery/within.js';
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
  /** Asks for more once so many more would find room: few requests when busy, one message at a time where it matters. */
  readonly refillMin: number;
}

const pullExpiresMs = 30_000;
const heartbeatMs = 2_500;
/** Two missed heartbeats, and the consumer is looked for again. */
const silenceMsMax = 2 * heartbeatMs + 500;
const drainMs = 2_000;
/** Whoever makes the consumer may start after us: nobody need look before so long. */
const expectedWaitMs = 5_000;
const firstRetryMs = 100;
const retryMsMax = 5_000;
const noResponders = 503;
const heartbeat = 100;

/**
 * Pulls from one durable consumer into a sink for as long as it is wanted, whatever happens to the broker meanwhile.
 * It asks for exactly what the sink has room for, so that nothing waits here that another process could take.
 *
 * The client library's own loop fetches ahead by a fixed number instead, which would hold back jobs from idle runners.
 */
export class PullSource {
  readonly #stopping = new AbortController();
  readonly #inbox: string;
  readonly #pullSubject: string;
  #subscription: Subscription | undefined;
  #watch: NodeJS.Timeout | undefined;
  #forgetReconnects: () => void = () => undefined;
  /** Rises with every new beginning: what is said of older pulls does not count. */
  #generation = 0;
  #pending = 0;
  #heardAt = 0;
  #opening: Promise<void> | undefined;

  constructor(private readonly options: PullSourceOptions) {
    const { link, consumer, sink } = options;
    this.#inbox = createInbox(link.inboxPrefix);
    this.#pullSubject = `$JS.API.CONSUMER.MSG.NEXT.${streams[consumer.stream].name}.${consumer.durable}`;
    sink.onRoom(() => this.#refill());
  }

  /** Resolves when the consumer is there and the first pull is sent. Throws what waiting cannot mend. */
  async start(): Promise<void> {
    this.#subscribe();
    this.#watch = setInterval(() => this.#lookForSilence(), heartbeatMs);
    this.#watch.unref();
    this.#forgetReconnects = this.options.link.onReconnect(() => this.#reopen('the connection was lost'));
    this.#opening = this.#open((error) => !isMissing(error) && !isUnanswered(error));
    await this.#opening;
  }

  /** Pulls no more; what the broker had sent before still reaches the sink. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#watch);
    this.#forgetReconnects();
    const subscription = this.#subscription;
    if (subscription === undefined || subscription.isClosed()) return;
    if (this.options.link.isConnected()) await endsWithin(subscription.drain(), drainMs);
    else subscription.unsubscribe();
  }

  #subscribe(): void {
    this.#subscription = this.options.link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else
          this.options.link.logger.error('a consumer may not receive', {
            consumer: this.options.consumer.durable,
            error,
          });
      },
    });
  }

  #receive(message: Msg): void {
    this.#heardAt = performance.now();
    const delivery = deliveryOf(message);
    if (delivery === undefined) return this.#receiveStatus(message);
    this.#pending = Math.max(0, this.#pending - 1);
    this.options.sink.add(delivery);
  }

  /** A pull has ended, or the broker merely says that it is there. */
  #receiveStatus(message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === heartbeat || message.subject !== `${this.#inbox}.${this.#generation}`) return;
    const description = message.headers?.description ?? '';
    if (code === noResponders || /deleted/i.test(description)) return this.#reopen(description || 'nobody serves it');
    this.#pending = Math.max(0, this.#pending - Number(message.headers?.get('Nats-Pending-Messages') || this.#pending));
    this.#refill();
  }

  #refill(): void {
    const { sink, refillMin, link } = this.options;
    if (this.#stopping.signal.aborted || this.#opening !== undefined || !link.isConnected()) return;
    const batch = sink.free() - this.#pending;
    if (batch <= 0 || (batch < refillMin && this.#pending > 0)) return;
    if (this.#pending === 0) this.#heardAt = performance.now();
    this.#pending += batch;
    const request = { batch, expires: nanos(pullExpiresMs), idle_heartbeat: nanos(heartbeatMs) };
    link.connection.publish(this.#pullSubject, JSON.stringify(request), {
      reply: `${this.#inbox}.${this.#generation}`,
    });
  }

  #lookForSilence(): void {
    if (this.#pending === 0 || this.#opening !== undefined || !this.options.link.isConnected()) return;
    if (performance.now() - this.#heardAt > silenceMsMax) this.#reopen('the broker is silent');
  }

  #reopen(reason: string): void {
    if (this.#stopping.signal.aborted || this.#opening !== undefined) return;
    const { logger } = this.options.link;
    logger.info('a consumer is looked for again', { consumer: this.options.consumer.durable, reason });
    this.#opening = this.#open(() => false);
  }

  async #open(isHopeless: (error: unknown) => boolean): Promise<void> {
    try {
      await this.#findPatiently(isHopeless);
    } finally {
      this.#opening = undefined;
    }
    this.#generation += 1;
    this.#pending = 0;
    this.#refill();
  }

  async #findPatiently(isHopeless: (error: unknown) => boolean): Promise<void> {
    const { signal } = this.#stopping;
    const { consumer, link } = this.options;
    const begunAt = performance.now();
    for (let attempt = 0; !signal.aborted && !link.connection.isClosed(); attempt += 1) {
      try {
        return await this.#find();
      } catch (error) {
        if (isHopeless(error)) throw error;
        if (attempt % 10 === 2)
          link.logger[performance.now() - begunAt < expectedWaitMs ? 'info' : 'warn']('waiting for a consumer', {
            consumer: consumer.durable,
            stream: streams[consumer.stream].name,
            error,
          });
        await wait(Math.min(retryMsMax, firstRetryMs * 2 ** attempt), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #find(): Promise<void> {
    const { link, provisioner, consumer, subjects } = this.options;
    if (provisioner === undefined) {
      const manager = await jetstreamManager(link.connection, { checkAPI: false });
      await manager.consumers.info(streams[consumer.stream].name, consumer.durable);
      return;
    }
    try {
      await provisioner.consumer(consumer, subjects);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await provisioner.streams();
      await provisioner.consumer(consumer, subjects);
    }
  }
}
