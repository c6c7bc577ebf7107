import type { EventStore } from '../event-store.js';
import { MemoryViewStore } from '../memory/memory-view-store.js';
import { rebuildViews } from '../projection/rebuild-views.js';
import type { StreamProjection } from '../projection/stream-projection.js';
import type { RebuildableViewStore } from '../projection/view-store.js';
import { aProject, anAppend, secretSet } from './samples.js';

export interface EventStoreBench {
  readonly commitsPerSecond: number;
  readonly rebuiltEventsPerSecond: number;
  /** From an append's acknowledgement to its position's being readable, one append at a time. */
  readonly positionLagMs: { readonly p50: number; readonly p99: number };
}

const counting: StreamProjection<{ readonly events: number }> = {
  name: 'counting',
  kind: 'project',
  evolve: (view) => ({ events: (view?.events ?? 0) + 1 }),
};

const until = async (store: EventStore, position: number): Promise<void> => {
  while ((await store.lastPosition()) < position) await new Promise((resolve) => setImmediate(resolve));
};

/**
 * Needs a store whose relay runs and is nudged by appends. `views` are those to rebuild into; memory by default,
 * which measures reading and folding alone.
 */
export const benchEventStore = async (options: {
  readonly store: EventStore;
  readonly views?: RebuildableViewStore<{ readonly events: number }>;
  readonly writers?: number;
  readonly commitsPerWriter?: number;
  readonly lagSamples?: number;
}): Promise<EventStoreBench> => {
  const { store, writers = 32, commitsPerWriter = 100, lagSamples = 100 } = options;
  const first = await store.lastPosition();
  const writer = async (): Promise<void> => {
    const stream = aProject();
    for (let version = 0; version < commitsPerWriter; version += 1) {
      await store.append(anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1)] }));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: writers }, writer));
  const commits = writers * commitsPerWriter;
  const commitsPerSecond = (commits / (performance.now() - began)) * 1000;
  await until(store, first + commits);

  const lags: number[] = [];
  for (let sample = 0; sample < lagSamples; sample += 1) {
    const position = (await store.lastPosition()) + 1;
    await store.append(anAppend(aProject()));
    const acknowledged = performance.now();
    await until(store, position);
    lags.push(performance.now() - acknowledged);
  }
  lags.sort((left, right) => left - right);
  const percentile = (share: number): number => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? 0;

  const rebuildBegan = performance.now();
  const views = options.views ?? new MemoryViewStore<{ readonly events: number }>();
  const { position } = await rebuildViews({ projection: counting, views, store });
  const rebuiltEventsPerSecond = (position / (performance.now() - rebuildBegan)) * 1000;
  return { commitsPerSecond, rebuiltEventsPerSecond, positionLagMs: { p50: percentile(0.5), p99: percentile(0.99) } };
};
