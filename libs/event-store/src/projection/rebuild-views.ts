import type { EventStore } from '../event-store.js';
import { createStreamProjector, type StreamProjection, type StreamProjector } from './stream-projection.js';
import type { RebuildableViewStore } from './view-store.js';

const pageEvents = 1000;

/** Applies what has a position by now; what comes meanwhile is for the next call, so that it ends under any load. */
const applyUpToNow = async (store: EventStore, projector: StreamProjector, after: number): Promise<number> => {
  const horizon = await store.lastPosition();
  let position = after;
  while (position < horizon) {
    const page = await store.readAll({ after: position, limit: pageEvents });
    await projector.apply(page.events);
    position = page.position;
  }
  return position;
};

/**
 * Builds all views of a projection anew from position 0 beside those in use, and swaps them in one step; readers and
 * projectors may go on meanwhile. What they applied to the old views while the last page was read is applied again
 * after the swap, so the new ones miss nothing.
 */
export const rebuildViews = async <View>(options: {
  readonly projection: StreamProjection<View>;
  readonly views: RebuildableViewStore<View>;
  readonly store: EventStore;
}): Promise<{ readonly position: number }> => {
  const { projection, views, store } = options;
  const fresh = await views.beginRebuild();
  try {
    const projector = createStreamProjector({ projection, views: fresh, store });
    // The second time there is only what came during the first: the views to be swapped in are nearly up to date.
    const built = await applyUpToNow(store, projector, await applyUpToNow(store, projector, 0));
    await fresh.swapIn();
    return { position: await applyUpToNow(store, createStreamProjector({ projection, views, store }), built) };
  } catch (error) {
    await fresh.abandon();
    throw error;
  }
};
