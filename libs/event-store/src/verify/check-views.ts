import { canonicalJson } from '../canonical.js';
import { UnreadableEventError } from '../errors.js';
import type { EventStore, RecordedEvent } from '../event-store.js';
import type { StreamProjection } from '../projection/stream-projection.js';
import type { ViewStore } from '../projection/view-store.js';
import { parseStreamName, streamName } from '../stream-name.js';
import type { StreamCheck, StreamCheckFactory } from './check-streams.js';
import type { Finding } from './finding.js';
import { hasEvents } from './has-events.js';

/** Folds as it goes, so one view and one fold are in memory, however long the stream. */
class ViewCheck<View> implements StreamCheck {
  #folded: View | undefined;
  #version = 0;
  #stored: { readonly view: unknown; readonly version: number } | undefined;
  /** When the first event came that the view does not have. */
  #lacksSince: number | undefined;
  #isOver = false;

  constructor(
    private readonly options: ViewCheckOptions<View>,
    private readonly id: string,
  ) {}

  async *event(event: RecordedEvent): AsyncIterable<Finding> {
    const { projection, views } = this.options;
    if (this.#version === 0) this.#stored = await views.load(this.id);
    // After a hole in the stream, which is told elsewhere, nothing can be said of the view.
    if (event.streamVersion !== this.#version + 1) this.#isOver = true;
    if (this.#isOver) return;
    try {
      this.#folded = projection.evolve(this.#folded, event);
    } catch (error) {
      this.#isOver = true;
      yield this.#finding(`cannot take ${event.type}: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.#version = event.streamVersion;
    const storedVersion = this.#stored?.version ?? 0;
    if (storedVersion < this.#version) this.#lacksSince ??= event.occurredAt;
    if (storedVersion === this.#version) yield* this.#compare(this.#stored?.view);
  }

  async *end(): AsyncIterable<Finding> {
    const stored = this.#stored;
    if (this.#isOver || this.#version === 0) return;
    if (stored !== undefined && stored.version > this.#version) {
      yield* this.#goOn();
      if (!this.#isOver && stored.version > this.#version)
        yield this.#finding(`is ahead of its stream, which ends at ${this.#version}`, stored.version);
    }
    if (this.#lacksSince === undefined || this.#lacksSince >= this.options.settledBefore) return;
    if (stored === undefined) yield this.#finding('is missing');
    else yield this.#finding(`is behind its stream, which is at ${this.#version}`, stored.version);
  }

  /** The walk may have read the stream a moment before the view went on. */
  async *#goOn(): AsyncIterable<Finding> {
    const { projection, store } = this.options;
    try {
      const rest = await store.readStream({ kind: projection.kind, id: this.id }, { afterVersion: this.#version });
      for (const event of rest) yield* this.event(event);
    } catch (error) {
      if (!(error instanceof UnreadableEventError)) throw error;
      this.#isOver = true;
    }
  }

  *#compare(stored: unknown): Iterable<Finding> {
    const { shown = (folded: View): unknown => folded } = this.options;
    if (this.#folded === undefined) return;
    const [expected, found] = [canonicalJson(shown(this.#folded, this.id)), canonicalJson(stored)];
    if (expected === found) return;
    const from = firstDifference(expected, found);
    yield {
      ...this.#finding('is not the fold of its events'),
      expected: excerpt(expected, from),
      found: excerpt(found, from),
    };
  }

  #finding(what: string, version = this.#version): Finding {
    const { name, kind } = this.options.projection;
    return { check: 'I4', message: `view ${name} ${what}`, stream: streamName({ kind, id: this.id }), version };
  }
}

const excerptBefore = 40;
const excerptMax = 120;

const firstDifference = (left: string, right: string): number => {
  let index = 0;
  while (index < left.length && left[index] === right[index]) index += 1;
  return index;
};

/** A view may be long: what stands around the place where the two part. */
const excerpt = (text: string, at: number): string => {
  const from = Math.max(0, at - excerptBefore);
  const to = Math.min(text.length, from + excerptMax);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
};

export interface ViewCheckOptions<View> {
  readonly projection: StreamProjection<View>;
  /** What is stored of the fold, where that is not the whole of it. */
  readonly shown?: ((folded: View, id: string) => unknown) | undefined;
  /** As they are stored: parsed views would hide what the schema takes away, and one that has no shape would end the check. */
  readonly views: Pick<ViewStore<unknown>, 'load' | 'all'>;
  readonly store: Pick<EventStore, 'readStream'>;
  /** Milliseconds since 1970: a view must hold what happened before. */
  readonly settledBefore: number;
}

/** I4: every view is the fold of its stream up to the version that it says, and lacks nothing that is settled. */
export const checkViews =
  <View>(options: ViewCheckOptions<View>): StreamCheckFactory =>
  (stream) => {
    const { kind, id } = parseStreamName(stream);
    return kind === options.projection.kind ? new ViewCheck(options, id) : undefined;
  };

/** I4, the other way round: no view without a stream. */
export async function* checkViewsHaveStreams<View>({
  projection,
  views,
  store,
}: Omit<ViewCheckOptions<View>, 'settledBefore'>): AsyncIterable<Finding> {
  for await (const { id, version } of views.all()) {
    const stream = { kind: projection.kind, id };
    if (await hasEvents(store, stream)) continue;
    yield { check: 'I4', message: `view ${projection.name} has no stream`, stream: streamName(stream), version };
  }
}

/** One projection's views, ready to be checked; whoever runs the checks need not know what the views are. */
export interface CheckedViews {
  readonly name: string;
  streamCheck(options: Pick<ViewCheckOptions<unknown>, 'store' | 'settledBefore'>): StreamCheckFactory;
  withoutStream(store: Pick<EventStore, 'readStream'>): AsyncIterable<Finding>;
}

export const viewsToCheck = <View>(
  projection: StreamProjection<View>,
  views: ViewCheckOptions<View>['views'],
  shown?: ViewCheckOptions<View>['shown'],
): CheckedViews => ({
  name: projection.name,
  streamCheck: (options) => checkViews({ projection, views, shown, ...options }),
  withoutStream: (store) => checkViewsHaveStreams({ projection, views, store }),
});
