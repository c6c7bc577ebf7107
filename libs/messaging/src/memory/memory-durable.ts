import type { ConsumerDefinition } from '../consumer.js';
import type { Delivery } from '../delivery/delivery.js';
import type { MemoryStream, StoredMessage } from './memory-stream.js';
import { subjectMatches } from './subject-matches.js';

/** A durable consumer's place: what was delivered and not answered, and what comes next. */
export class MemoryDurable {
  readonly #deliveries = new Map<number, { count: number; timer: NodeJS.Timeout | undefined }>();
  readonly #due: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #next = 1;

  constructor(
    private readonly stream: MemoryStream,
    private readonly definition: ConsumerDefinition,
    private readonly subjects: readonly string[] | undefined,
  ) {}

  /** The next delivery; undefined when `isStopped` says so after a wake-up. */
  async take(isStopped: () => boolean): Promise<Delivery | undefined> {
    while (!isStopped()) {
      const message = this.#pick();
      if (message !== undefined) return this.#deliver(message);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return undefined;
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Ends all timers: the broker is gone. */
  forget(): void {
    for (const { timer } of this.#deliveries.values()) clearTimeout(timer);
    this.#deliveries.clear();
    this.#due.length = 0;
  }

  #pick(): StoredMessage | undefined {
    const due = this.#due.shift();
    if (due !== undefined) return this.stream.get(due);
    if (this.#deliveries.size >= this.definition.maxAckPending) return undefined;
    while (this.#next <= this.stream.lastSequence) {
      const message = this.stream.get(this.#next);
      this.#next += 1;
      if (message !== undefined && this.#wants(message.subject)) return message;
    }
    return undefined;
  }

  #wants(subject: string): boolean {
    return (
      this.subjects === undefined ||
      this.subjects.length === 0 ||
      this.subjects.some((filter) => subjectMatches(filter, subject))
    );
  }

  #deliver(stored: StoredMessage): Delivery {
    const { sequence } = stored;
    const count = (this.#deliveries.get(sequence)?.count ?? 0) + 1;
    this.#deliveries.set(sequence, { count, timer: undefined });
    this.#again(sequence, this.definition.ackWaitMs);
    // An answer to an older delivery counts too, as it does with the broker.
    const end = (): void => {
      clearTimeout(this.#deliveries.get(sequence)?.timer);
      this.#deliveries.delete(sequence);
      this.stream.answered(sequence);
      this.wake();
    };
    const working = (): void => this.#again(sequence, this.definition.ackWaitMs);
    return {
      message: {
        subject: stored.subject,
        id: stored.id,
        headers: { ...stored.headers, 'Nats-Msg-Id': stored.id },
        data: stored.data,
        deliveryCount: count,
        extend: working,
      },
      origin: { stream: this.stream.definition.name, sequence },
      ack: end,
      terminate: end,
      nak: (delayMs) => this.#again(sequence, delayMs),
      working,
    };
  }

  /** Delivers once more after so long, unless it is answered before. */
  #again(sequence: number, delayMs: number): void {
    const delivery = this.#deliveries.get(sequence);
    if (delivery === undefined) return;
    clearTimeout(delivery.timer);
    delivery.timer = setTimeout(() => {
      this.#due.push(sequence);
      this.wake();
    }, delayMs);
    delivery.timer.unref();
  }
}
