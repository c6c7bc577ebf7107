import { type EventEnvelope, subjects } from '@cyclone/contracts';
import type { EventStore, WorldPage } from '@cyclone/event-store';
import type { Signals } from '@cyclone/messaging';
import type { Logger } from '@cyclone/observability';

/** Commits kept in memory for readers that are close to the end of the world. */
const keptEventsMax = 2_000;
const pageEventsMax = 500;
/** A page with fewer events was cut neither by their number nor by its bytes. */
const longPageEvents = 16;
/** A lost notice is found by looking, at most this late. */
const lookAgainMs = 2_000;

/**
 * The end of the world as this process sees it, for any number of readers: one read of the store serves them all.
 * Notices over NATS only say that there is something to read; the store says what, gap-free and in order.
 */
export class WorldTail {
  private kept: EventEnvelope[] = [];
  /** Everything in `kept` lies after this position, and nothing between the two is missing. */
  private keptAfter = 0;
  private end = 0;
  private reading: Promise<void> | undefined;
  private isStale = false;
  private readonly waiting = new Set<() => void>();
  private readonly listeners = new Set<(event: EventEnvelope) => void>();
  private stopListening: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly logger: Logger,
  ) {}

  async start(signals: Signals): Promise<void> {
    this.end = await this.store.lastPosition();
    this.keptAfter = this.end;
    this.stopListening = signals.listen(subjects.allEvents, () => void this.lookAgain());
    this.timer = setInterval(() => void this.lookAgain(), lookAgainMs);
    await this.lookAgain();
  }

  stop(): void {
    this.stopListening?.();
    clearInterval(this.timer);
    this.wake();
  }

  get position(): number {
    return this.end;
  }

  /** Called once for each new event, in order, in this process. */
  onEvent(listener: (event: EventEnvelope) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Whole commits after a position: from memory where they are still there, else from the store. */
  async read(after: number, limit: number, tenants?: readonly string[]): Promise<WorldPage> {
    if (after < this.keptAfter) return this.readStored(after, limit, tenants);
    const first = this.kept.findIndex((event) => event.position > after);
    if (first === -1) return { events: [], position: Math.max(after, this.end) };
    const events = this.kept.slice(first, first + limit);
    const wholePosition = this.cutAtCommit(events, first + limit);
    return {
      events: tenants === undefined ? events : events.filter((event) => tenants.includes(event.tenant)),
      position: wholePosition,
    };
  }

  /** A store that found nothing for these tenants has looked at everything that this process knows of. */
  private async readStored(after: number, limit: number, tenants: readonly string[] | undefined): Promise<WorldPage> {
    const knownEnd = this.end;
    const page = await this.store.readAll({ after, limit, tenants });
    return page.events.length > 0 ? page : { events: [], position: Math.max(page.position, knownEnd) };
  }

  /** Resolves when the world has moved past a position, or the signal aborts. */
  movedPast(position: number, signal: AbortSignal): Promise<void> {
    if (this.end > position || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** A commit that would be split goes whole into the next page, unless it is all there is. */
  private cutAtCommit(events: EventEnvelope[], next: number): number {
    const last = events.at(-1)?.position ?? 0;
    if (this.kept[next]?.position !== last) return next >= this.kept.length ? this.end : last;
    const start = events.findIndex((event) => event.position === last);
    if (start === 0) {
      events.push(...this.kept.slice(next).filter((event) => event.position === last));
      return last;
    }
    events.length = start;
    return events.at(-1)?.position ?? last - 1;
  }

  /** Resolves when everything that had its position before the call is known here. */
  async refresh(): Promise<void> {
    // The look that is under way may have begun before the call.
    await this.reading;
    await this.lookAgain();
  }

  private lookAgain(): Promise<void> {
    this.isStale = true;
    this.reading ??= this.catchUp().finally(() => {
      this.reading = undefined;
      if (this.isStale) void this.lookAgain();
    });
    return this.reading;
  }

  private async catchUp(): Promise<void> {
    try {
      for (let isMore = true; isMore;) {
        this.isStale = false;
        const page = await this.store.readAll({ after: this.end, limit: pageEventsMax });
        // What came while this page was read has given notice; only a long page leaves something behind without it.
        isMore = page.events.length >= longPageEvents;
        this.keep(page);
      }
    } catch (error) {
      this.isStale = false;
      this.logger.warn('the feed could not be read', { error });
    }
  }

  private keep(page: WorldPage): void {
    if (page.position <= this.end) return;
    this.end = page.position;
    this.kept.push(...page.events);
    if (this.kept.length > keptEventsMax) {
      const dropped = this.kept.splice(0, this.kept.length - keptEventsMax / 2);
      this.keptAfter = dropped.at(-1)?.position ?? this.keptAfter;
      // The rest of a commit whose beginning is gone cannot be served whole.
      this.kept = this.kept.filter((event) => event.position > this.keptAfter);
    }
    for (const event of page.events) for (const listener of this.listeners) listener(event);
    this.wake();
  }

  private wake(): void {
    for (const resolve of [...this.waiting]) resolve();
  }
}
