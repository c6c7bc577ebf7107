import { streams } from '@cyclone/contracts';
import { silentLogger } from '@cyclone/observability';
import type { Logger } from '@cyclone/observability';
import type { Consumer, ConsumerDefinition, Subscription } from '../consumer.js';
import { BatchSink } from '../delivery/batch-sink.js';
import type { DeliverySink } from '../delivery/delivery.js';
import { KeyedSink } from '../delivery/keyed-sink.js';
import { defaultRetryDelay } from '../delivery/retry-delay.js';
import type { RetryDelay } from '../delivery/retry-delay.js';
import type { SettlePolicy } from '../delivery/settle.js';
import { BrokerUnavailableError, PublishRefusedError } from '../errors.js';
import type { OutgoingMessage, Publisher, Signals } from '../publisher.js';
import type { StreamInspector } from '../stream-inspector.js';
import { MemoryDurable } from './memory-durable.js';
import { MemorySignals } from './memory.signals.js';
import { MemoryStream } from './memory-stream.js';
import type { StoredMessage } from './memory-stream.js';
import { subjectMatches } from './subject-matches.js';

type StreamKey = keyof typeof streams;

export interface MemoryBrokerOptions {
  readonly retryDelay?: RetryDelay;
  readonly logger?: Logger;
}

/** All ports of this library in one process's memory, for specs. */
export class MemoryBroker {
  readonly publisher: Publisher = { publish: (message) => this.#publish(message) };
  readonly signals: Signals = new MemorySignals();
  readonly consumer: Consumer;
  readonly inspector: StreamInspector = {
    inspect: (stream) => this.#whenAvailable(() => this.#stream(stream).state()),
  };
  readonly #streams = new Map<StreamKey, MemoryStream>();
  readonly #durables = new Map<string, MemoryDurable>();
  #isAvailable = true;
  #createdAt = 1;

  constructor(private readonly options: MemoryBrokerOptions = {}) {
    this.consumer = {
      subscribe: async ({ consumer, subjects, concurrency, keyOf, handle }) => {
        const { ackWaitMs } = consumer;
        const sink = new KeyedSink({
          policy: this.#policy(consumer),
          concurrency,
          heldMax: concurrency,
          ackWaitMs,
          keyOf,
          handle,
        });
        return this.#start(consumer, subjects, sink);
      },
      subscribeBatches: async ({ consumer, subjects, batchMax, lingerMs, handle }) => {
        const { ackWaitMs } = consumer;
        const sink = new BatchSink({
          policy: this.#policy(consumer),
          batchMax,
          lingerMs,
          heldMax: batchMax * 2,
          ackWaitMs,
          handle,
        });
        return this.#start(consumer, subjects, sink);
      },
    };
  }

  /** What a stream holds, for a spec's expectations. */
  messages(stream: StreamKey): readonly StoredMessage[] {
    return this.#stream(stream).all();
  }

  /** As if the broker could not be reached: publishing and inspecting throw BrokerUnavailableError until it is set back. */
  setAvailable(isAvailable: boolean): void {
    this.#isAvailable = isAvailable;
  }

  /** As if the broker's storage had been deleted: everything is gone, and streams are new ones. */
  wipe(): void {
    this.#createdAt += 1;
    this.#streams.clear();
    const durables = [...this.#durables.values()];
    this.#durables.clear();
    for (const durable of durables) {
      durable.forget();
      durable.wake();
    }
  }

  #whenAvailable<Result>(work: () => Result): Promise<Result> {
    if (!this.#isAvailable) return Promise.reject(new BrokerUnavailableError('the broker is set to be unavailable'));
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(message: OutgoingMessage): ReturnType<Publisher['publish']> {
    return this.#whenAvailable(() => {
      const key = streamKeys.find((candidate) =>
        streams[candidate].subjects.some((filter) => subjectMatches(filter, message.subject)),
      );
      if (key === undefined) throw new PublishRefusedError(`no stream takes ${message.subject}`);
      const stored = this.#stream(key).append(message);
      for (const durable of this.#durables.values()) durable.wake();
      return stored;
    });
  }

  #stream(key: StreamKey): MemoryStream {
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const created = new MemoryStream(streams[key], this.#createdAt);
    this.#streams.set(key, created);
    return created;
  }

  #durable(consumer: ConsumerDefinition, subjects: readonly string[] | undefined): MemoryDurable {
    const known = this.#durables.get(consumer.durable);
    if (known !== undefined) return known;
    const created = new MemoryDurable(this.#stream(consumer.stream), consumer, subjects);
    this.#durables.set(consumer.durable, created);
    return created;
  }

  #policy(consumer: ConsumerDefinition): SettlePolicy {
    const { retryDelay = defaultRetryDelay, logger = silentLogger } = this.options;
    return {
      durable: consumer.durable,
      maxDeliver: consumer.maxDeliver,
      retryDelay,
      publisher: this.publisher,
      logger,
    };
  }

  #start(consumer: ConsumerDefinition, subjects: readonly string[] | undefined, sink: DeliverySink): Subscription {
    let isStopped = false;
    let wake: () => void = () => undefined;
    sink.onRoom(() => wake());
    const room = async (): Promise<void> => {
      while (sink.free() <= 0 && !isStopped) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const run = async (): Promise<void> => {
      while (!isStopped) {
        await room();
        const durable = this.#durable(consumer, subjects);
        const delivery = await durable.take(() => isStopped || this.#durables.get(consumer.durable) !== durable);
        if (delivery !== undefined) sink.add(delivery);
      }
    };
    const running = run();
    return {
      drain: async (graceMs) => {
        isStopped = true;
        wake();
        this.#durable(consumer, subjects).wake();
        await sink.drain(graceMs);
        await running;
      },
    };
  }
}

const streamKeys: readonly StreamKey[] = ['events', 'jobs', 'reports', 'logs', 'dead'];
