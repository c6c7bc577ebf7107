import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventStore, RecordedEvent } from '../event-store.js';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { rebuildViews } from '../projection/rebuild-views.js';
import { createStreamProjector, type StreamProjection } from '../projection/stream-projection.js';
import type { RebuildableViewStore } from '../projection/view-store.js';
import { catchUpWorldView, type WorldProjection, type WorldViewStore } from '../projection/world-projection.js';
import { aProject, anAppend, secretSet } from './samples.js';

/** A fold that shows every event taken twice, left out or taken out of turn. */
export interface Counted {
  readonly versions: readonly number[];
  readonly note?: string;
}

export const counted: StreamProjection<Counted> = {
  name: 'counted',
  kind: 'project',
  evolve: (view, event) => ({ versions: [...(view?.versions ?? []), event.streamVersion], note: undefined }),
};

export const total: WorldProjection<number> = { name: 'total', initial: 0, evolve: (sum) => sum + 1 };

export interface ViewStoresUnderTest {
  readonly views: RebuildableViewStore<Counted>;
  readonly world: WorldViewStore<number>;
  dispose(): Promise<void>;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const append = async (
  store: EventStore,
  count: number,
  stream = aProject(),
  from = 0,
): Promise<readonly RecordedEvent[]> => {
  for (let version = from; version < from + count; version += 1) {
    await store.append(anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1)] }));
  }
  return store.readStream(stream);
};

export const viewStoreContract = (name: string, factory: () => Promise<ViewStoresUnderTest>): void => {
  describe(`views: ${name}`, () => {
    let under: ViewStoresUnderTest | undefined;
    let views: ViewStoresUnderTest['views'];
    let world: ViewStoresUnderTest['world'];
    beforeAll(async () => {
      under = await factory();
      views = under.views;
      world = under.world;
    }, 120_000);
    afterAll(() => under?.dispose());

    const versionsOf = async (events: readonly RecordedEvent[]): Promise<readonly number[] | undefined> =>
      (await views.load(events[0]?.stream.id ?? ''))?.view.versions;

    // Seen to fail with the version left out of save's condition.
    it('saves only over the version that was loaded', async () => {
      const view = (version: number) => ({ view: { versions: range(version) }, version });
      expect(await views.save('guarded', 0, view(2))).toBe(true);
      for (const from of [0, 1, 3]) expect(await views.save('guarded', from, view(4))).toBe(false);
      expect(await views.save('guarded', 2, view(3))).toBe(true);
      expect(await views.load('guarded')).toEqual(view(3));
      expect(await views.load('unknown')).toBeUndefined();
    });

    it('takes every event once, however often and in whatever order several projectors get it', async () => {
      const store = new MemoryEventStore();
      const events = await append(store, 30);
      const shuffled = [...events, ...events].toSorted((left, right) =>
        left.id + left.streamVersion < right.id ? -1 : 1,
      );
      const projectors = range(4).map(() => createStreamProjector({ projection: counted, views, store }));
      await Promise.all(
        projectors.map(async (projector) => {
          for (const event of shuffled) await projector.apply([event]);
        }),
      );
      expect(await versionsOf(events)).toEqual(range(30));
    });

    it('fetches what it missed', async () => {
      const store = new MemoryEventStore();
      const events = await append(store, 25);
      const projector = createStreamProjector({ projection: counted, views, store, fetchMax: 10 });
      await projector.apply(events.slice(20, 21));
      expect(await versionsOf(events)).toEqual(range(21));
      await projector.catchUp(events[0]?.stream.id ?? '');
      expect(await versionsOf(events)).toEqual(range(25));
    });

    it('leaves other kinds of streams alone', async () => {
      const store = new MemoryEventStore();
      const events = await append(store, 1);
      const projector = createStreamProjector({ projection: { ...counted, kind: 'build' }, views, store });
      await projector.apply(events);
      expect(await versionsOf(events)).toBeUndefined();
    });

    it('is rebuilt under load to what live projection gives', async () => {
      const store = new MemoryEventStore();
      const projector = createStreamProjector({ projection: counted, views, store });
      const streams = range(8).map(() => aProject());
      for (const stream of streams) await projector.apply(await append(store, 5, stream));
      await views.save(streams[0]?.id ?? '', 5, { view: { versions: [99] }, version: 5 });
      let rebuilding = true;
      const load = Promise.all(
        streams.map(async (stream) => {
          for (let version = 5; rebuilding || version < 10; version += 1) {
            const events = await append(store, 1, stream, version);
            await projector.apply(events.slice(-1));
          }
        }),
      );
      await rebuildViews({ projection: counted, views, store }).finally(() => (rebuilding = false));
      await load;
      for (const stream of streams) {
        const events = await store.readStream(stream);
        expect(await versionsOf(events)).toEqual(range(events.length));
      }
    });

    // Seen to fail with the catch-up after the swap taken out of rebuildViews.
    it('misses no event that was projected to the old views just before the swap', async () => {
      const store = new MemoryEventStore();
      const stream = aProject();
      await append(store, 3, stream);
      const swappingLate: typeof views = {
        load: (id) => views.load(id),
        save: (id, from, viewed) => views.save(id, from, viewed),
        all: () => views.all(),
        beginRebuild: async () => {
          const fresh = await views.beginRebuild();
          const swapIn = async (): Promise<void> => {
            const last = (await append(store, 1, stream, 3)).slice(-1);
            await createStreamProjector({ projection: counted, views, store }).apply(last);
            await fresh.swapIn();
          };
          return {
            load: (id) => fresh.load(id),
            save: (id, from, viewed) => fresh.save(id, from, viewed),
            all: () => fresh.all(),
            abandon: () => fresh.abandon(),
            swapIn,
          };
        },
      };
      await rebuildViews({ projection: counted, views: swappingLate, store });
      expect((await views.load(stream.id))?.view.versions).toEqual(range(4));
    });

    it('keeps only what the events give: a rebuild removes views that no stream has', async () => {
      const store = new MemoryEventStore();
      const events = await append(store, 2);
      await views.save('invented', 0, { view: { versions: [1] }, version: 1 });
      await rebuildViews({ projection: counted, views, store });
      expect(await views.load('invented')).toBeUndefined();
      const all = [];
      for await (const { id, view } of views.all()) all.push({ id, view });
      expect(all).toEqual([{ id: events[0]?.stream.id, view: { versions: [1, 2] } }]);
    });

    it('counts over all streams exactly once with many callers', async () => {
      const store = new MemoryEventStore();
      for (let stream = 0; stream < 5; stream += 1) await append(store, 5);
      const catchUp = () => catchUpWorldView({ projection: total, views: world, store, pageEvents: 3 });
      const results = await Promise.all(range(5).map(catchUp));
      expect(results).toEqual(range(5).map(() => ({ view: 25, position: 25 })));
      await append(store, 5);
      expect(await catchUp()).toEqual({ view: 30, position: 30 });
    });
  });
};
