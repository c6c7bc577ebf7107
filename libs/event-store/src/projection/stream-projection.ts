import type { StreamKind, StreamRef } from '@cyclone/contracts';
import type { EventStore, RecordedEvent } from '../event-store.js';
import type { ViewStore, Viewed } from './view-store.js';

/** An event as a view may use it: its position may still be unknown, so no view depends on it. */
export type ViewedEvent = Omit<RecordedEvent, 'position'>;

/**
 * A view per stream: what `evolve` makes of the stream's events, one after the other. Pure; the same events always
 * give the same view, so that it can be built again at any time.
 */
export interface StreamProjection<View> {
  readonly name: string;
  readonly kind: StreamKind;
  evolve(view: View | undefined, event: ViewedEvent): View;
}

export interface StreamProjector {
  /**
   * Takes events as they come: repeated ones are dropped, missing ones fetched from the store, other kinds of streams
   * left alone. Events of several streams may be mixed. After it the views hold at least what was given.
   */
  apply(events: readonly ViewedEvent[]): Promise<void>;
  /** Brings one view up to its stream as it is now. */
  catchUp(streamId: string): Promise<void>;
}

const foldFrom = <View>(
  projection: StreamProjection<View>,
  from: Viewed<View>,
  events: readonly ViewedEvent[],
): Viewed<View> => {
  let { view, version } = from;
  for (const event of events) {
    if (event.streamVersion !== version + 1) continue;
    view = projection.evolve(view, event);
    version = event.streamVersion;
  }
  return { view, version };
};

/**
 * Keeps views in a store that holds the applied version beside the view: exactly once in effect, whatever order and
 * however often events arrive, and with any number of projectors at once.
 */
export const createStreamProjector = <View>(options: {
  readonly projection: StreamProjection<View>;
  readonly views: ViewStore<View>;
  readonly store: Pick<EventStore, 'readStream'>;
  /** Events fetched at once where some are missing. */
  readonly fetchMax?: number;
}): StreamProjector => {
  const { projection, views, store, fetchMax = 1000 } = options;

  /** What to fold next: the given events where they follow on, else the range that the store has. */
  const following = async (
    stream: StreamRef,
    version: number,
    given: readonly ViewedEvent[],
  ): Promise<readonly ViewedEvent[]> => {
    const fresh = given.filter((event) => event.streamVersion > version);
    if (fresh.length === 0 || fresh[0]?.streamVersion === version + 1) return fresh;
    return store.readStream(stream, { afterVersion: version, limit: fetchMax });
  };

  const bringUp = async (id: string, given: readonly ViewedEvent[], upTo: number): Promise<void> => {
    for (;;) {
      const current = (await views.load(id)) ?? { view: undefined, version: 0 };
      if (current.version >= upTo) return;
      const next = foldFrom(
        projection,
        current,
        await following({ kind: projection.kind, id }, current.version, given),
      );
      // The store does not have what was announced: an event from elsewhere, or a damaged stream. Not ours to invent.
      if (next.version === current.version)
        throw new Error(`stream ${projection.kind}-${id} has no event ${current.version + 1}`);
      await views.save(id, current.version, next);
    }
  };

  return {
    apply: async (events) => {
      const byStream = Map.groupBy(
        events.filter((event) => event.stream.kind === projection.kind),
        (event) => event.stream.id,
      );
      for (const [id, own] of byStream) {
        const ordered = own.toSorted((left, right) => left.streamVersion - right.streamVersion);
        await bringUp(id, ordered, ordered.at(-1)?.streamVersion ?? 0);
      }
    },
    catchUp: async (id) => {
      const known = (await views.load(id))?.version ?? 0;
      const missing = await store.readStream({ kind: projection.kind, id }, { afterVersion: known });
      await bringUp(id, missing, missing.at(-1)?.streamVersion ?? 0);
    },
  };
};
