import { DeliveryJudged, type BuildId, type DeliveryVerdict } from '@cyclone/contracts';
import type { RecordedEvent } from '../event-store.js';
import type { StreamCheck, StreamCheckFactory } from './check-streams.js';
import type { Finding } from './finding.js';

export interface DeliveryCheckOptions {
  readonly now: number;
  /** A delivery younger than this may still wait for its verdict. */
  readonly graceMs: number;
  readonly buildExists: (id: BuildId) => Promise<boolean>;
}

class DeliveryCheck implements StreamCheck {
  #open: RecordedEvent | undefined;
  #verdict: DeliveryVerdict | undefined;
  #place: Pick<Finding, 'stream' | 'version' | 'eventId'> = {};

  constructor(private readonly options: DeliveryCheckOptions) {}

  *event(event: RecordedEvent): Iterable<Finding> {
    this.#place = { stream: `delivery-${event.stream.id}`, version: event.streamVersion, eventId: event.id };
    if (event.type === 'DeliveryReceived') this.#open = event;
    // Only what led to no build is judged anew.
    const again = this.#verdict?.kind === 'filtered' || this.#verdict?.kind === 'unusable';
    if (event.type === 'DeliveryRedelivered' && again) this.#open = event;
    if (event.type !== 'DeliveryJudged') return;
    if (this.#open === undefined) yield { check: 'I1', message: 'a delivery has a second verdict', ...this.#place };
    this.#open = undefined;
    this.#verdict = DeliveryJudged.schema.parse(event.data).verdict;
  }

  async *end(): AsyncIterable<Finding> {
    const { now, graceMs, buildExists } = this.options;
    if (this.#open !== undefined && this.#open.occurredAt + graceMs < now) {
      yield { check: 'I1', message: 'a delivery has no verdict', ...this.#place };
    }
    const verdict = this.#verdict;
    if (verdict?.kind !== 'built' && verdict?.kind !== 'duplicate') return;
    if (!(await buildExists(verdict.buildId)))
      yield { check: 'I1', message: `build ${verdict.buildId} does not exist`, ...this.#place };
  }
}

/** I1, first half: each accepted delivery has exactly one verdict, and the build that it names exists. */
export const checkDeliveries =
  (options: DeliveryCheckOptions): StreamCheckFactory =>
  (stream) =>
    stream.startsWith('delivery-') ? new DeliveryCheck(options) : undefined;
