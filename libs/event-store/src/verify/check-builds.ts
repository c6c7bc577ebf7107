import { createHash } from 'node:crypto';
import { BuildRequested, type Change } from '@cyclone/contracts';
import type { RecordedEvent } from '../event-store.js';
import type { StreamCheck, StreamCheckFactory } from './check-streams.js';
import type { Finding } from './finding.js';

export interface BuildCheckOptions {
  readonly now: number;
  /** Beyond its own time limit a build has this long to be ended. */
  readonly graceMs: number;
  /** Shared by all streams of one run. */
  readonly changes: SeenChanges;
}

const identity = (projectId: string, { kind, ref, before, after }: Change): string =>
  createHash('sha256')
    .update(JSON.stringify([projectId, kind, ref, before ?? null, after]))
    .digest('base64')
    .slice(0, 16);

/** Which changes have a build already. Holds 16 characters for each: 96 bits, about 100 MB for a million builds. */
export class SeenChanges {
  readonly #seen = new Set<string>();

  /** False when this change was there before. */
  add(projectId: string, change: Change): boolean {
    const key = identity(projectId, change);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

class BuildCheck implements StreamCheck {
  #endBy: number | undefined;
  #ends = 0;
  #place: Pick<Finding, 'stream' | 'version' | 'eventId'> = {};

  constructor(private readonly options: BuildCheckOptions) {}

  *event(event: RecordedEvent): Iterable<Finding> {
    this.#place = { stream: `build-${event.stream.id}`, version: event.streamVersion, eventId: event.id };
    if (event.type === 'BuildRequested') yield* this.#requested(event);
    else if (event.streamVersion === 1)
      yield { check: 'I2', message: `a build begins with ${event.type}`, ...this.#place };
    if (event.type !== 'BuildFinished') return;
    this.#ends += 1;
    if (this.#ends > 1) yield { check: 'I2', message: 'a build has a second end', ...this.#place };
  }

  *end(): Iterable<Finding> {
    const { now, graceMs } = this.options;
    if (this.#ends === 0 && this.#endBy !== undefined && this.#endBy + graceMs < now) {
      yield { check: 'I2', message: 'a build is past its time and has no end', ...this.#place };
    }
  }

  *#requested(event: RecordedEvent): Iterable<Finding> {
    const { projectId, trigger, timeoutMs } = BuildRequested.schema.parse(event.data);
    this.#endBy = event.occurredAt + timeoutMs;
    if (event.streamVersion > 1) yield { check: 'I2', message: 'a build is requested twice', ...this.#place };
    if (trigger.kind !== 'change' || this.options.changes.add(projectId, trigger.change)) return;
    yield {
      check: 'I1',
      message: `a second build of the same change (${trigger.change.ref} at ${trigger.change.after})`,
      ...this.#place,
    };
  }
}

/** I1, second half: each change has one build. I2: each build has at most one end, and exactly one when its time is over. */
export const checkBuilds =
  (options: BuildCheckOptions): StreamCheckFactory =>
  (stream) =>
    stream.startsWith('build-') ? new BuildCheck(options) : undefined;
