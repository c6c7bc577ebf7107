import { canonicalJson } from '../canonical.js';
import type { EventStore, RecordedEvent } from '../event-store.js';
import type { StreamProjection } from '../projection/stream-projection.js';
import type { ViewStore } from '../projection/view-store.js';
import { parseStreamName, streamName } from '../stream-name.js';
import type { StreamCheck, StreamCheckFactory } from './check-streams.js';
import type { Finding } from './finding.js';

/** How far behind its stream a view may be on a running system before it is worth telling. */
const behindMax = 100;

/** Folds as it goes, so one view and one fold are in memory, however long the stream. */
class ViewCheck<View> implements StreamCheck {
  #folded: View | undefined;
  #version = 0;
  #stored: { readonly view: View; readonly version: number } | undefined;

  constructor(
    private readonly options: ViewCheckOptions<View>,
    private readonly id: string,
  ) {}

  async *event(event: RecordedEvent): AsyncIterable<Finding> {
    const { projection, views } = this.options;
    if (this.#version === 0) this.#stored = await views.load(this.id);
    if (event.streamVersion !== this.#version + 1) return;
    this.#folded = projection.evolve(this.#folded, event);
    this.#version = event.streamVersion;
    if (this.#stored?.version === this.#version) yield* this.#compare(this.#stored);
  }

  async *end(): AsyncIterable<Finding> {
    const { projection, store } = this.options;
    const stored = this.#stored;
    if (stored === undefined) yield this.#finding('is missing', this.#version);
    else if (stored.version > this.#version) {
      // The walk may have read the stream a moment before the view went on.
      const rest = await store.readStream({ kind: projection.kind, id: this.id }, { afterVersion: this.#version });
      for (const event of rest) yield* this.event(event);
      if (stored.version > this.#version)
        yield this.#finding(`is ahead of its stream, which ends at ${this.#version}`, stored.version);
    } else if (stored.version < this.#version - behindMax)
      yield this.#finding(`is behind its stream, which is at ${this.#version}`, stored.version);
  }

  *#compare(stored: { readonly view: View; readonly version: number }): Iterable<Finding> {
    if (canonicalJson(this.#folded) !== canonicalJson(stored.view))
      yield this.#finding('is not the fold of its events', stored.version);
  }

  #finding(what: string, version: number): Finding {
    const { name, kind } = this.options.projection;
    return { check: 'I4', message: `view ${name} ${what}`, stream: streamName({ kind, id: this.id }), version };
  }
}

export interface ViewCheckOptions<View> {
  readonly projection: StreamProjection<View>;
  readonly views: ViewStore<View>;
  readonly store: Pick<EventStore, 'readStream'>;
}

/** I4: every view is the fold of its stream up to the version that it says, and that is not long ago. */
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
}: ViewCheckOptions<View>): AsyncIterable<Finding> {
  for await (const { id, version } of views.all()) {
    const stream = { kind: projection.kind, id };
    if ((await store.readStream(stream, { limit: 1 })).length > 0) continue;
    yield { check: 'I4', message: `view ${projection.name} has no stream`, stream: streamName(stream), version };
  }
}
