import { deepStrictEqual } from 'node:assert/strict';
import { CommandId, type StreamRef } from '@cyclone/contracts';
import type { NewEvent } from '../event-store.js';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { MemoryViewStore } from '../memory/memory-view-store.js';
import { rebuildViews } from '../projection/rebuild-views.js';
import { createStreamProjector, type StreamProjection, type ViewedEvent } from '../projection/stream-projection.js';

/** One commit of a view's history. */
export interface HistoryCommit {
  readonly events: readonly NewEvent[];
  readonly occurredAt?: number;
  readonly tenant?: string;
}

/**
 * `await projectionSpec(projection).given('shop', ...commits).then(view)`. The events are taken through a store, so
 * they must be what the catalogue says. Each use also proves that taking everything twice and backwards changes
 * nothing, and that a rebuild gives the same.
 */
export const projectionSpec = <View>(
  projection: StreamProjection<View>,
): { given(id: string, ...history: readonly (NewEvent | HistoryCommit)[]): { then(view: View): Promise<void> } } => ({
  given: (id, ...history) => ({
    then: async (expected) => {
      const store = new MemoryEventStore();
      const events = await appendAll(store, { kind: projection.kind, id }, history);
      const views = new MemoryViewStore<View>();
      const projector = createStreamProjector({ projection, views, store });
      for (const event of events) await projector.apply([event]);
      deepStrictEqual((await views.load(id))?.view, expected);
      for (const event of [...events.toReversed(), ...events]) await projector.apply([event]);
      deepStrictEqual((await views.load(id))?.view, expected, 'taking events again changed the view');
      await rebuildViews({ projection, views, store });
      deepStrictEqual((await views.load(id))?.view, expected, 'a rebuild gave another view');
    },
  }),
});

const appendAll = async (
  store: MemoryEventStore,
  stream: StreamRef,
  history: readonly (NewEvent | HistoryCommit)[],
): Promise<readonly ViewedEvent[]> => {
  let expectedVersion = 0;
  for (const [index, entry] of history.entries()) {
    const { events, occurredAt = 0, tenant = 'shop' }: HistoryCommit = 'events' in entry ? entry : { events: [entry] };
    const commandId = CommandId.parse(`history-${index}`);
    const about = { stream, expectedVersion, commandId, tenant, occurredAt, events };
    const appended = await store.append({
      ...about,
      actor: { kind: 'system', id: 'spec' },
      trace: { correlationId: 'spec' },
    });
    expectedVersion = appended.streamVersion;
  }
  return store.readStream(stream);
};
