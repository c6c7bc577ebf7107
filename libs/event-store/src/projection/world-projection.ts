import type { EventEnvelope } from '@cyclone/contracts';
import type { EventStore } from '../event-store.js';

/** One view over all streams, by position: counts, lengths, lists of what is open. Pure, like a view per stream. */
export interface WorldProjection<View> {
  readonly name: string;
  readonly initial: View;
  evolve(view: View, event: EventEnvelope): View;
}

export interface WorldViewed<View> {
  readonly view: View;
  /** Everything up to here is in the view: checkpoint and result are one document. */
  readonly position: number;
}

/** `save` as in ViewStore: false when the stored position is no longer `from`. */
export interface WorldViewStore<View> {
  load(name: string): Promise<WorldViewed<View> | undefined>;
  save(name: string, from: number, viewed: WorldViewed<View>): Promise<boolean>;
}

/**
 * Brings the view up to the newest position and gives it. Messages are only a reason to call this: what is applied
 * comes from the store, page by page, so none is missed and none counted twice, with any number of callers.
 */
export const catchUpWorldView = async <View>(options: {
  readonly projection: WorldProjection<View>;
  readonly views: WorldViewStore<View>;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly pageEvents?: number;
}): Promise<WorldViewed<View>> => {
  const { projection, views, store, pageEvents = 1000 } = options;
  for (;;) {
    const current = (await views.load(projection.name)) ?? { view: projection.initial, position: 0 };
    const page = await store.readAll({ after: current.position, limit: pageEvents });
    if (page.position === current.position) return current;
    const view = page.events.reduce((folded, event) => projection.evolve(folded, event), current.view);
    await views.save(projection.name, current.position, { view, position: page.position });
  }
};
