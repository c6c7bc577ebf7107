import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { consumers } from '@cyclone/contracts';
import type { Consumer, ConsumerDefinition, IncomingMessage, Subscription } from '../consumer.js';
import { done } from '../outcome.js';
import type { Outcome } from '../outcome.js';
import type { Publisher, Signals } from '../publisher.js';
import type { StreamInspector } from '../stream-inspector.js';

export interface MessagingUnderTest {
  readonly publisher: Publisher;
  /** Its back-off is {@link contractRetryMs}. */
  readonly consumer: Consumer;
  readonly signals: Signals;
  readonly inspector: StreamInspector;
  dispose(): Promise<void>;
}

export const contractRetryMs = 20;

export const text = (data: Uint8Array): string => new TextDecoder().decode(data);
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export const gate = (): Gate => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
};

type Handle = (message: IncomingMessage) => Promise<Outcome>;
type HandleBatch = (messages: readonly IncomingMessage[]) => Promise<readonly Outcome[]>;

/** One adapter for a whole suite; each test has subjects and a durable consumer of its own. */
export class ContractWorld {
  readonly #subscriptions: Subscription[] = [];
  #under: MessagingUnderTest | undefined;
  topic = 0;

  constructor(start: () => Promise<MessagingUnderTest>) {
    beforeAll(async () => {
      this.#under = await start();
    }, 120_000);
    beforeEach(() => {
      this.topic += 1;
    });
    afterAll(async () => {
      await Promise.all(this.#subscriptions.map((subscription) => subscription.drain(0)));
      await this.#under?.dispose();
    });
  }

  get under(): MessagingUnderTest {
    if (this.#under === undefined) throw new Error('the adapter has not been started');
    return this.#under;
  }

  subject(kind: string): string {
    return `cyclone.report.job.topic-${this.topic}.build.job.${kind}`;
  }

  definition(changes: Partial<ConsumerDefinition> = {}): ConsumerDefinition {
    return { ...consumers.pipelineRunnerReports, durable: `contract-${this.topic}`, ...changes };
  }

  publish(kind: string, value: string): ReturnType<Publisher['publish']> {
    return this.under.publisher.publish({
      subject: this.subject(kind),
      id: `topic-${this.topic}-${value}`,
      data: bytes(value),
    });
  }

  async subscribe(handle: Handle, changes: Partial<ConsumerDefinition> = {}, concurrency = 4): Promise<Subscription> {
    const subjects = [`cyclone.report.job.topic-${this.topic}.>`];
    return this.#keep(await this.#subscribeTo(this.definition(changes), subjects, concurrency, handle));
  }

  async subscribeBatches(handle: HandleBatch, changes: Partial<ConsumerDefinition> = {}): Promise<Subscription> {
    const subjects = [`cyclone.report.job.topic-${this.topic}.>`];
    const options = { consumer: this.definition(changes), subjects, batchMax: 8, lingerMs: 0, handle };
    return this.#keep(await this.under.consumer.subscribeBatches(options));
  }

  async takeOffers(pool: string, concurrency: number, handle: Handle): Promise<Subscription> {
    const subjects = [`cyclone.command.runner.${pool}.run-job.>`];
    return this.#keep(await this.#subscribeTo(this.definition({ stream: 'jobs' }), subjects, concurrency, handle));
  }

  /** Grows with what this test's consumer gives up. */
  async deadLetters(): Promise<IncomingMessage[]> {
    const letters: IncomingMessage[] = [];
    const consumer = this.definition({ durable: `contract-${this.topic}-dead`, stream: 'dead' });
    const handle: Handle = async (message) => {
      letters.push(message);
      return done;
    };
    this.#keep(await this.#subscribeTo(consumer, [`cyclone.dead.contract-${this.topic}`], 1, handle));
    return letters;
  }

  #subscribeTo(consumer: ConsumerDefinition, subjects: readonly string[], concurrency: number, handle: Handle) {
    const keyOf = (message: IncomingMessage): string => message.subject;
    return this.under.consumer.subscribe({ consumer, subjects, concurrency, keyOf, handle });
  }

  #keep(subscription: Subscription): Subscription {
    this.#subscriptions.push(subscription);
    return subscription;
  }
}
