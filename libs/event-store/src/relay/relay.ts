import type { Publisher, StreamInspector } from '@cyclone/messaging';
import { streams } from '@cyclone/contracts';
import type { PositionedCommit } from '../commit.js';
import type { Lease, LeaseStore } from '../lease.js';
import { WakeUp, type Watch } from '../wake-up.js';
import { Handover } from './handover.js';
import { leadWhileHolding } from './leadership.js';
import type { PositionStore } from './position-store.js';
import { publishBatch } from './publish-batch.js';
import { isFullTurn, Sequencer } from './sequencer.js';
import type { Watermark, WatermarkStore } from './watermark.js';

export interface RelayOptions {
  /** One for each life of a relay: a fresh one, as a sequencer's calls are causally ordered by it. */
  readonly positions: PositionStore;
  readonly watermarks: WatermarkStore;
  readonly leases: LeaseStore;
  readonly publisher: Publisher;
  readonly inspector: StreamInspector;
  /** Names this process among those that may lead. */
  readonly holder: string;
  /** Tells of appends in other processes. */
  readonly watch?: (nudge: () => void) => Watch;
  readonly leaseTtlMs?: number;
  /** How often to look for commits where no watch is well. */
  readonly pollMs?: number;
  /** How often to ask whether the broker still has its stream, when all is quiet. */
  readonly inspectMs?: number;
  /** How far back to publish again when the broker has lost its stream: as far as its stream would have reached. */
  readonly republishWindowMs?: number;
  /** Called with the newest position after each turn that gave some. */
  readonly onSequenced?: (position: number) => void;
  readonly onProblem?: (error: unknown) => void;
}

export interface Relay {
  /** There is something new to sequence: called by whoever appended in this process. */
  nudge(): void;
  /** Undefined while another process leads. */
  watermark(): Watermark | undefined;
  stop(): Promise<void>;
}

const quietPollMs = 5_000;
const troubleMsMin = 100;
const troubleMsMax = 2_000;
const saveEveryMs = 200;
const batchMax = 500;

/** One leader's term: two loops side by side, so that the next commits are sequenced while these are published. */
class Term {
  readonly #sequencer: Sequencer;
  readonly #handover = new Handover(4 * batchMax);
  readonly #publishable = new WakeUp();
  #watermark: Watermark | undefined;
  #savedAt = 0;
  #saved: Watermark | undefined;
  /** Newest position in the store as far as this term knows; undefined when somebody else may have given some. */
  #newest: number | undefined;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;

  constructor(
    private readonly options: RelayOptions,
    private readonly lease: Lease,
    stop: AbortSignal,
    private readonly appended: WakeUp,
    private readonly pollMs: () => number,
  ) {
    this.#sequencer = new Sequencer(options.positions);
    this.#signal = AbortSignal.any([stop, this.#over.signal]);
  }

  get watermark(): Watermark | undefined {
    return this.#watermark;
  }

  async run(): Promise<void> {
    await Promise.all([this.#repeat(() => this.#sequence()), this.#repeat(() => this.#publish())]);
  }

  /** Steps until the term ends. A step that throws is tried again a little later; a step may also end the term. */
  async #repeat(step: () => Promise<'go-on' | 'over'>): Promise<void> {
    let troubleMs = troubleMsMin;
    while (!this.#signal.aborted) {
      try {
        if ((await step()) === 'over') this.#over.abort();
        troubleMs = troubleMsMin;
      } catch (error) {
        this.options.onProblem?.(error);
        await new WakeUp().wait(troubleMs, this.#signal);
        troubleMs = Math.min(troubleMs * 2, troubleMsMax);
      }
    }
  }

  async #sequence(): Promise<'go-on'> {
    const commits = await this.#sequencer.turn();
    if (commits === 'contended') {
      this.#newest = undefined;
      return 'go-on';
    }
    const newest = commits.at(-1);
    if (newest !== undefined) {
      this.#newest = newest.g;
      this.#handover.offer(commits);
      this.#publishable.nudge();
      this.options.onSequenced?.(newest.g);
    }
    // Whatever was appended since the turn began has nudged, and the nudge is kept: only a full turn leaves more behind.
    if (!isFullTurn(commits)) await this.appended.wait(this.pollMs(), this.#signal);
    return 'go-on';
  }

  async #publish(): Promise<'go-on' | 'over'> {
    this.#watermark ??= await this.#checkedWatermark(await this.options.watermarks.load());
    const commits = await this.#next(this.#watermark.position);
    if (commits.length === 0) return this.#rest(this.#watermark);
    const batch = await publishBatch(this.options.publisher, commits, this.#watermark);
    this.#watermark = batch.watermark;
    if (batch.end !== 'done') {
      // Whatever went wrong, what the stream holds now decides where to go on.
      this.#watermark = undefined;
      if (!(await this.#save(batch.watermark))) return 'over';
      if (batch.end === 'failed') throw batch.error;
      return 'go-on';
    }
    if (performance.now() - this.#savedAt < saveEveryMs) return 'go-on';
    return (await this.#save(batch.watermark)) ? 'go-on' : 'over';
  }

  /** Nothing to publish: writes down how far it is, waits, and looks at the stream when it was quiet for long. */
  async #rest(watermark: Watermark): Promise<'go-on' | 'over'> {
    const dueInMs = this.#savedAt + saveEveryMs - performance.now();
    if (this.#saved !== watermark && dueInMs > 0) {
      // More often than not the next event is near, and one writing serves both.
      await this.#publishable.wait(dueInMs, this.#signal);
      return 'go-on';
    }
    if (!(await this.#save(watermark))) return 'over';
    const { inspectMs = 60_000 } = this.options;
    const began = performance.now();
    await this.#publishable.wait(inspectMs, this.#signal);
    if (performance.now() - began >= inspectMs) this.#watermark = undefined;
    return 'go-on';
  }

  async #next(after: number): Promise<readonly PositionedCommit[]> {
    const handed = this.#handover.take(after);
    if (handed.length > 0 || this.#newest === after) return handed;
    return this.options.positions.positioned(after, batchMax);
  }

  async #save(watermark: Watermark): Promise<boolean> {
    if (this.#saved === watermark) return true;
    const mine = await this.options.watermarks.save(watermark, this.lease.epoch);
    this.#saved = watermark;
    this.#savedAt = performance.now();
    return mine;
  }

  /** The watermark if the broker's stream still holds what it says, else one to publish again from. */
  async #checkedWatermark(known: Watermark | undefined): Promise<Watermark> {
    const state = await this.options.inspector.inspect('events');
    const current = { streamCreatedAt: state.createdAt, streamSequence: state.lastSequence };
    if (known === undefined) return { position: 0, ...current };
    if (known.streamCreatedAt === state.createdAt && known.streamSequence <= state.lastSequence)
      return { ...known, ...current };
    const { positions, republishWindowMs = streams.events.maxAgeMs } = this.options;
    const position = Math.min(known.position, await positions.positionBefore(republishWindowMs));
    return { position, ...current };
  }
}

/**
 * Brings commits from the store to the broker: gives them their positions and publishes them in that order. Of all
 * relays one works, by lease; a second one for a moment costs repetitions, never an event or the order of positions.
 *
 * The commit is the outbox: a relay may die anywhere, the next one goes on from the watermark and what was published
 * behind it is published again (same message id, same position). Where the broker has lost its stream, or went back
 * to an older copy, everything that the stream would still hold is published again from the store.
 */
export const startRelay = (options: RelayOptions): Relay => {
  const stop = new AbortController();
  const appended = new WakeUp();
  const watch = options.watch?.(() => appended.nudge());
  const pollMs = (): number => (watch?.healthy() === true ? quietPollMs : (options.pollMs ?? 250));
  let term: Term | undefined;
  const lead = async (lease: Lease, signal: AbortSignal): Promise<void> => {
    term = new Term(options, lease, signal, appended, pollMs);
    await term.run();
    term = undefined;
  };
  const { leases, holder, leaseTtlMs: ttlMs = 10_000, onProblem = () => {} } = options;
  const leading = leadWhileHolding({ leases, holder, ttlMs, onProblem, name: 'relay', lead }, stop.signal);
  return {
    nudge: () => appended.nudge(),
    watermark: () => term?.watermark,
    stop: async () => {
      stop.abort();
      await Promise.all([leading, watch?.close()]);
    },
  };
};
