import { type BuildId, buildEvents, logEvents } from '@cyclone/contracts';
import type { EventStore, RecordedEvent } from '@cyclone/event-store';
import { type BuildFacts, type FactEvent, evolveFacts, noFacts } from '../rules/domain/build-facts.js';

interface Folded {
  readonly facts: BuildFacts;
  readonly buildVersion: number;
  readonly logVersion: number;
}

const factTypes: ReadonlySet<string> = new Set([...buildEvents, ...logEvents].map(({ type }) => type));
/** The store has parsed the data with the schema of its type. */
const isFactEvent = (event: RecordedEvent): event is RecordedEvent & FactEvent => factTypes.has(event.type);

const remembered = 1_000;

/** Facts of builds from their streams. What was folded is remembered, so that the cost of a look does not grow with the build. */
export class FactsReader {
  readonly #folded = new Map<BuildId, Folded>();

  constructor(private readonly events: Pick<EventStore, 'readStream'>) {}

  async load(buildId: BuildId): Promise<BuildFacts> {
    const known = this.#folded.get(buildId) ?? { facts: noFacts, buildVersion: 0, logVersion: 0 };
    const [build, log] = await Promise.all([
      this.events.readStream({ kind: 'build', id: buildId }, { afterVersion: known.buildVersion }),
      this.events.readStream({ kind: 'log', id: buildId }, { afterVersion: known.logVersion }),
    ]);
    const folded: Folded = {
      facts: [...build, ...log].filter(isFactEvent).reduce(evolveFacts, known.facts),
      buildVersion: build.at(-1)?.streamVersion ?? known.buildVersion,
      logVersion: log.at(-1)?.streamVersion ?? known.logVersion,
    };
    this.#remember(buildId, folded);
    return folded.facts;
  }

  /** Two loads may have run side by side: the older one must not win. */
  #remember(buildId: BuildId, folded: Folded): void {
    const there = this.#folded.get(buildId);
    if (there !== undefined && (there.buildVersion > folded.buildVersion || there.logVersion > folded.logVersion))
      return;
    this.#folded.delete(buildId);
    this.#folded.set(buildId, folded);
    const oldest = this.#folded.keys().next();
    if (this.#folded.size > remembered && oldest.done === false) this.#folded.delete(oldest.value);
  }
}
