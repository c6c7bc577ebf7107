import type { IncomingMessage } from '../consumer.js';
import type { Outcome } from '../outcome.js';
import type { Delivery, DeliverySink } from './delivery.js';
import { buryUsedUp, isUsedUp, outcomeOfFailure, settle } from './settle.js';
import type { SettlePolicy } from './settle.js';
import { WaitingRoom } from './waiting-room.js';
import { endsWithin } from './within.js';

export interface KeyedSinkOptions {
  readonly policy: SettlePolicy;
  readonly concurrency: number;
  /** Fetched at once, running ones included. */
  readonly heldMax: number;
  readonly ackWaitMs: number;
  readonly keyOf: (message: IncomingMessage) => string;
  readonly handle: (message: IncomingMessage) => Promise<Outcome>;
}

/** One lane per key, in order; lanes side by side, at most `concurrency` at once, each gets its turn. */
export class KeyedSink implements DeliverySink {
  readonly #lanes = new Map<string, Delivery[]>();
  readonly #ready: string[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #room: WaitingRoom;
  #isDraining = false;

  constructor(private readonly options: KeyedSinkOptions) {
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
    const key = this.#keyOf(delivery);
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.push(delivery);
      return;
    }
    this.#lanes.set(key, [delivery]);
    this.#ready.push(key);
    this.#startReady();
  }

  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#lanes.clear();
    this.#ready.length = 0;
    this.#room.close();
    await endsWithin(Promise.all(this.#running), graceMs);
  }

  /** A key that cannot be told must not stop the source: such messages share a lane, and their handler will say what is wrong. */
  #keyOf(delivery: Delivery): string {
    try {
      return this.options.keyOf(delivery.message);
    } catch {
      return '';
    }
  }

  #startReady(): void {
    while (this.#running.size < this.options.concurrency) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      const delivery = this.#lanes.get(key)?.shift();
      if (delivery !== undefined) this.#start(key, delivery);
    }
  }

  #start(key: string, delivery: Delivery): void {
    this.#room.begin(delivery);
    const run = this.#handle(delivery).finally(() => {
      this.#running.delete(run);
      this.#room.leave(delivery);
      if (this.#isDraining) return;
      if (this.#lanes.get(key)?.length === 0) this.#lanes.delete(key);
      else this.#ready.push(key);
      this.#startReady();
    });
    this.#running.add(run);
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { policy } = this.options;
    if (isUsedUp(policy, delivery)) return buryUsedUp(policy, delivery);
    await settle(policy, delivery, await this.#outcome(delivery));
  }

  async #outcome(delivery: Delivery): Promise<Outcome> {
    try {
      return await this.options.handle(delivery.message);
    } catch (error) {
      return outcomeOfFailure(this.options.policy, delivery, error);
    }
  }
}
