import { afterEach, describe, expect, it } from '@jest/globals';
import type { EventEnvelope, StreamRef } from '@cyclone/contracts';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { aProject, anAppend, secretSet } from '../testing/samples.js';
import { createWorldFeed, type WorldFeed } from './world-feed.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the world feed', () => {
  const open: WorldFeed[] = [];
  const stop = new AbortController();
  afterEach(async () => {
    for (const feed of open.splice(0)) await feed.close();
  });

  const setUp = (options: { recentEventsMax?: number; pageEventsMax?: number } = {}) => {
    const feeds: WorldFeed[] = [];
    const store = new MemoryEventStore({ onAppend: () => feeds.forEach((feed) => feed.nudge()) });
    const reads = { count: 0 };
    const counting = {
      readAll: (range: Parameters<typeof store.readAll>[0]) => ((reads.count += 1), store.readAll(range)),
      lastPosition: () => store.lastPosition(),
    };
    const feed = createWorldFeed({ store: counting, pollMs: 60_000, ...options });
    feeds.push(feed);
    open.push(feed);
    const append = async (count: number, stream: StreamRef = aProject(), from = 0): Promise<StreamRef> => {
      for (let version = from; version < from + count; version += 1)
        await store.append(anAppend(stream, { expectedVersion: version, events: [secretSet(1)] }));
      return stream;
    };
    return { store, feed, append, reads };
  };

  const take = async (
    feed: WorldFeed,
    upTo: number,
    after = 0,
    tenants?: readonly string[],
  ): Promise<EventEnvelope[]> => {
    const events: EventEnvelope[] = [];
    for await (const page of feed.follow({ after, tenants, signal: stop.signal })) {
      events.push(...page.events);
      if (page.position >= upTo) break;
    }
    return events;
  };

  it('joins history to what happens meanwhile, without a gap or a repetition', async () => {
    const { feed, append } = setUp({ recentEventsMax: 20, pageEventsMax: 7 });
    const stream = await append(50);
    const following = [0, 10, 49].map((after) => take(feed, 150, after));
    await append(100, stream, 50);
    const taken = await Promise.all(following);
    expect(taken.map((events) => events.map((event) => event.position))).toEqual([
      range(1, 150),
      range(11, 150),
      range(50, 150),
    ]);
  });

  it('keeps whole commits together, whatever the page', async () => {
    const { feed, store } = setUp({ pageEventsMax: 2, recentEventsMax: 4 });
    const stream = aProject();
    const following = take(feed, 3);
    for (let commit = 0; commit < 3; commit += 1) {
      await store.append(
        anAppend(stream, { expectedVersion: commit * 3, events: range(1, 3).map((n) => secretSet(n)) }),
      );
    }
    expect((await following).map((event) => event.streamVersion)).toEqual(range(1, 9));
    const pages = [];
    for await (const page of feed.follow({ after: 0, signal: stop.signal })) {
      pages.push(page.events.map((event) => event.position));
      if (page.position === 3) break;
    }
    expect(pages).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });

  it('shows a tenant only its own', async () => {
    const { feed, append } = setUp();
    const [mine, other] = [await append(2), await append(2)];
    const following = take(feed, 5, 0, [mine.id]);
    await append(1, mine, 2);
    await append(1, other, 2);
    expect((await following).map((event) => [event.tenant, event.position])).toEqual([
      [mine.id, 1],
      [mine.id, 2],
      [mine.id, 5],
    ]);
  });

  it('serves many followers at the end of the world with one reader', async () => {
    const { feed, append, reads } = setUp();
    const stream = await append(1);
    await take(feed, 1);
    const followers = range(1, 200).map(() => take(feed, 11, 1));
    const before = reads.count;
    for (let version = 1; version <= 10; version += 1) await append(1, stream, version);
    for (const events of await Promise.all(followers))
      expect(events.map((event) => event.position)).toEqual(range(2, 11));
    expect(reads.count - before).toBeLessThan(40);
  });

  it('ends with its signal, and with the feed', async () => {
    const { feed, append } = setUp();
    await append(1);
    const leave = new AbortController();
    const ended = (async () => {
      for await (const page of feed.follow({ after: 0, signal: leave.signal })) if (page.position === 1) leave.abort();
    })();
    await ended;
    const closed = take(feed, 99, 1);
    await feed.close();
    expect(await closed).toEqual([]);
  });
});
