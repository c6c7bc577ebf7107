import type { EventEnvelope } from '@cyclone/contracts';
import type { WorldPage } from '../event-store.js';

/** The newest events in order, at most `eventsMax` of them (one page more for a moment); whole commits only. */
export class RecentEvents {
  #events: EventEnvelope[] = [];
  /** Everything above this position, up to the newest, is here. */
  #since = -1;
  #newest = -1;

  constructor(private readonly eventsMax: number) {}

  isStarted(): boolean {
    return this.#newest >= 0;
  }

  start(position: number): void {
    this.#since = position;
    this.#newest = position;
  }

  newest(): number {
    return this.#newest;
  }

  add(page: WorldPage): void {
    this.#events.push(...page.events);
    this.#newest = page.position;
    const last = this.#events[this.#events.length - this.eventsMax - 1];
    if (last === undefined) return;
    this.#since = last.position;
    this.#events = this.#events.slice(this.#firstAfter(last.position));
  }

  /** A page for a follower at this position, or undefined where it is further behind than this reaches. */
  after(position: number, tenants: readonly string[] | undefined, limit: number): WorldPage | undefined {
    if (!this.isStarted() || position < this.#since) return undefined;
    const events: EventEnvelope[] = [];
    for (let at = this.#firstAfter(position); at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event === undefined) break;
      if (events.length >= limit && events.at(-1)?.position !== event.position) {
        return { events, position: event.position - 1 };
      }
      if (tenants === undefined || tenants.includes(event.tenant)) events.push(event);
    }
    return { events, position: Math.max(position, this.#newest) };
  }

  #firstAfter(position: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
