import { JobOffer, runnerJobsConsumer, subjects, type JobAssignment } from '@cyclone/contracts';
import {
  done,
  rejectMessage,
  retryAfter,
  type Consumer,
  type IncomingMessage,
  type Outcome,
  type Subscription,
} from '@cyclone/messaging';
import { readJson } from './control-signals.js';
import type { Logger } from '@cyclone/observability';

export interface OfferPorts {
  readonly consumer: Consumer;
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: number;
  readonly logger: Logger;
  /** Reserves a slot; undefined when there is none. Gives it back when called. */
  readonly reserve: () => (() => void) | undefined;
  readonly claim: (offer: JobOffer) => Promise<ClaimAnswer>;
  /** Resolves once the attempt is in the journal; it then runs by itself and frees the slot. */
  readonly start: (assignment: JobAssignment, release: () => void) => Promise<void>;
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly assignment: JobAssignment }
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'not-now'; readonly reason: string };

/** Names a pool, which the queue itself stands for. */
const poolLabel = 'pool';
const fullRetryMs = 200;
const refusedRetryMs = 2_000;
const otherLabelsRetryMs = 1_000;
const drainMs = 5_000;

/** Takes offers of the pool while there are free slots, claims, and acks as soon as the claim stands. */
export class OffersConsumer {
  private subscription: Subscription | undefined;
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly ports: OfferPorts) {}

  /** Call whenever slots change: listens while some are free, and lets other runners have the offers otherwise. */
  adjust(listen: () => boolean): Promise<void> {
    this.changing = this.changing.then(async () => {
      try {
        if (listen() && this.subscription === undefined) this.subscription = await this.subscribe();
        if (!listen() && this.subscription !== undefined) await this.unsubscribe();
      } catch (error) {
        this.ports.logger.warn('the offers of the pool cannot be listened to yet', { error });
      }
    });
    return this.changing;
  }

  private subscribe(): Promise<Subscription> {
    const { consumer, pool, slots } = this.ports;
    return consumer.subscribe({
      consumer: runnerJobsConsumer(pool),
      subjects: [subjects.jobOffersOf(pool)],
      concurrency: slots,
      keyOf: ({ id }) => id,
      handle: (message) => this.handle(message),
    });
  }

  private async unsubscribe(): Promise<void> {
    const { subscription } = this;
    this.subscription = undefined;
    await subscription?.drain(drainMs);
  }

  private async handle(message: IncomingMessage): Promise<Outcome> {
    const offer = JobOffer.safeParse(readJson(message.data));
    if (!offer.success) return rejectMessage(`no offer of a job: ${offer.error.message.slice(0, 500)}`);
    if (
      Object.entries(offer.data.labels).some(([name, value]) => name !== poolLabel && this.ports.labels[name] !== value)
    ) {
      return retryAfter(otherLabelsRetryMs, 'this runner has not the labels that the job wants');
    }
    const release = this.ports.reserve();
    if (release === undefined) return retryAfter(fullRetryMs, 'this runner has no free slot');
    return this.take(offer.data, release);
  }

  private async take(offer: JobOffer, release: () => void): Promise<Outcome> {
    let started = false;
    try {
      const answer = await this.ports.claim(offer);
      if (answer.kind === 'gone') return done;
      if (answer.kind === 'not-now') return retryAfter(refusedRetryMs, answer.reason);
      await this.ports.start(answer.assignment, release);
      started = true;
      return done;
    } finally {
      if (!started) release();
    }
  }
}
