import type { IncomingMessage } from '../consumer.js';
import type { Outcome } from '../outcome.js';
import type { Delivery, DeliverySink } from './delivery.js';
import { buryUsedUp, isUsedUp, outcomeOfFailure, settle } from './settle.js';
import type { SettlePolicy } from './settle.js';
import { WaitingRoom } from './waiting-room.js';
import { endsWithin } from './within.js';

export interface BatchSinkOptions {
  readonly policy: SettlePolicy;
  readonly batchMax: number;
  readonly lingerMs: number;
  /** Fetched at once: the batch that runs and those that wait. */
  readonly heldMax: number;
  readonly ackWaitMs: number;
  readonly handle: (messages: readonly IncomingMessage[]) => Promise<readonly Outcome[]>;
}

/** One batch at a time, in stream order; what arrives meanwhile becomes the next one. */
export class BatchSink implements DeliverySink {
  #waiting: Delivery[] = [];
  #running: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;
  #isDraining = false;
  readonly #room: WaitingRoom;

  constructor(private readonly options: BatchSinkOptions) {
    this.#room = new WaitingRoom(options.heldMax, options.ackWaitMs);
  }

  free(): number {
    return this.#room.free();
  }

  onRoom(listener: () => void): void {
    this.#room.onRoom(listener);
  }

  add(delivery: Delivery): void {
    if (this.#isDraining) return delivery.nak(0);
    this.#room.enter(delivery);
    this.#waiting.push(delivery);
    this.#schedule();
  }

  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    clearTimeout(this.#linger);
    this.#waiting = [];
    this.#room.close();
    if (this.#running !== undefined) await endsWithin(this.#running, graceMs);
  }

  #schedule(): void {
    if (this.#running !== undefined || this.#isDraining || this.#waiting.length === 0) return;
    if (this.#waiting.length >= this.options.batchMax) return this.#start();
    // Without a linger too the batch begins a turn later, so that all that came in one read is in it.
    this.#linger ??= setTimeout(() => this.#start(), this.options.lingerMs);
  }

  #start(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const batch = this.#waiting.splice(0, this.options.batchMax);
    for (const delivery of batch) this.#room.begin(delivery);
    this.#running = this.#handle(batch).finally(() => {
      this.#running = undefined;
      for (const delivery of batch) this.#room.leave(delivery);
      this.#schedule();
    });
  }

  async #handle(batch: readonly Delivery[]): Promise<void> {
    const { policy } = this.options;
    const usedUp = batch.filter((delivery) => isUsedUp(policy, delivery));
    const usable = batch.filter((delivery) => !isUsedUp(policy, delivery));
    const outcomes = usable.length === 0 ? [] : await this.#outcomes(usable);
    await Promise.all([
      ...usedUp.map((delivery) => buryUsedUp(policy, delivery)),
      ...usable.map((delivery, index) => settle(policy, delivery, outcomes[index] ?? missingOutcome)),
    ]);
  }

  async #outcomes(batch: readonly Delivery[]): Promise<readonly Outcome[]> {
    try {
      return await this.options.handle(batch.map((delivery) => delivery.message));
    } catch (error) {
      if (batch.length > 1 && batch.some((delivery) => this.#isLastTry(delivery))) return this.#oneByOne(batch);
      return batch.map((delivery) => outcomeOfFailure(this.options.policy, delivery, error));
    }
  }

  #isLastTry(delivery: Delivery): boolean {
    return delivery.message.deliveryCount >= this.options.policy.maxDeliver;
  }

  /** Before a batch that always fails is buried, the message that is to blame is found. */
  async #oneByOne(batch: readonly Delivery[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const delivery of batch) outcomes.push((await this.#outcomes([delivery]))[0] ?? missingOutcome);
    return outcomes;
  }
}

const missingOutcome: Outcome = {
  kind: 'retry-after',
  delayMs: 1_000,
  reason: 'the batch handler gave no outcome for this message',
};
