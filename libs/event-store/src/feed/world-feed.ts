import type { EventStore, WorldPage } from '../event-store.js';
import { WakeUp, type Watch } from '../wake-up.js';
import { RecentEvents } from './recent-events.js';

export interface WorldFeedOptions {
  readonly store: Pick<EventStore, 'readAll' | 'lastPosition'>;
  /** Tells that there may be new positions: a change stream, or a message from the broker. */
  readonly watch?: (nudge: () => void) => Watch;
  /** How often to look where no watch is well. */
  readonly pollMs?: number;
  /** Newest events held in memory for all followers together, so that a thousand of them cost one reader. */
  readonly recentEventsMax?: number;
  /** At most about this many events in one page to a follower. */
  readonly pageEventsMax?: number;
  readonly onProblem?: (error: unknown) => void;
}

export interface FollowOptions {
  /** Position already seen; 0 begins with the first event. */
  readonly after: number;
  /** Only events of these tenants; all, where absent. */
  readonly tenants?: readonly string[];
  readonly signal: AbortSignal;
}

export interface WorldFeed {
  /**
   * Every event after the position, in global order, without a gap between history and what happens meanwhile; ends
   * with the signal. A page holds whole commits, so `position` of a page taken in is always a place to go on from.
   * A page is read when the last one has been taken: a slow follower costs no memory. Throws what the store throws.
   */
  follow(options: FollowOptions): AsyncGenerator<WorldPage, void, undefined>;
  /** There may be something new. */
  nudge(): void;
  close(): Promise<void>;
}

const quietPollMs = 5_000;
const troubleMs = 500;

/** Resolves all waiting followers whenever the newest known position rises. */
class Tide {
  #waiting = new Set<() => void>();

  rise(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** One reader of the world's end for all followers; those who are behind it read pages of history for themselves. */
export const createWorldFeed = (options: WorldFeedOptions): WorldFeed => {
  const { store, pollMs = 250, pageEventsMax = 500, onProblem } = options;
  const stop = new AbortController();
  const news = new WakeUp();
  const tide = new Tide();
  const recent = new RecentEvents(options.recentEventsMax ?? 2_000);
  const watch = options.watch?.(() => news.nudge());

  const readEnd = async (): Promise<void> => {
    if (!recent.isStarted()) {
      recent.start(await store.lastPosition());
      tide.rise();
    }
    for (;;) {
      const page = await store.readAll({ after: recent.newest(), limit: pageEventsMax });
      if (page.position === recent.newest()) return;
      recent.add(page);
      tide.rise();
    }
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await readEnd();
        await news.wait(watch?.healthy() === true ? quietPollMs : pollMs, stop.signal);
      } catch (error) {
        onProblem?.(error);
        await new WakeUp().wait(troubleMs, stop.signal);
      }
    }
  };
  const running = run();

  const pageAfter = async (after: number, tenants: readonly string[] | undefined): Promise<WorldPage> =>
    recent.after(after, tenants, pageEventsMax) ?? (await store.readAll({ after, limit: pageEventsMax, tenants }));

  async function* follow({ after, tenants, signal }: FollowOptions): AsyncGenerator<WorldPage, void, undefined> {
    const over = AbortSignal.any([signal, stop.signal]);
    let position = after;
    while (!over.aborted) {
      const page = await pageAfter(position, tenants);
      if (over.aborted) return;
      const moved = page.position > position;
      position = page.position;
      if (page.events.length > 0) yield page;
      // Between this look and the waiting nothing is awaited, so no rise can be missed.
      else if (!moved && recent.newest() <= position) await tide.next(over);
    }
  }

  return {
    follow,
    nudge: () => news.nudge(),
    close: async () => {
      stop.abort();
      await Promise.all([running, watch?.close()]);
    },
  };
};
