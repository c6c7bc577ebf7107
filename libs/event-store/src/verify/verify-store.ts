import type { EventStore } from '../event-store.js';
import type { CommitReader } from '../commit-reader.js';
import { checkAcknowledged, type Acknowledged } from './check-acknowledged.js';
import { checkBuilds, SeenChanges } from './check-builds.js';
import type { CheckpointsToCheck } from './check-checkpoints.js';
import { checkDeliveries } from './check-deliveries.js';
import { checkLogs, type LogChunkReader } from './check-logs.js';
import { checkStreams, type StreamCheckFactory } from './check-streams.js';
import type { CheckedViews } from './check-views.js';
import { checkWorld } from './check-world.js';
import type { Finding } from './finding.js';
import { hasEvents } from './has-events.js';

export interface VerifyOptions {
  readonly store: Pick<EventStore, 'readStream' | 'findCommand'> & CommitReader;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What is younger than this may still be under way. */
  readonly graceMs?: number;
  readonly checkpoints?: CheckpointsToCheck;
  readonly logs?: LogChunkReader;
  readonly views?: readonly CheckedViews[];
  /** Whatever else looks at streams. */
  readonly streamChecks?: readonly StreamCheckFactory[];
  readonly acknowledged?: AsyncIterable<Acknowledged>;
}

/**
 * Checks an installation, running or not: I1 to I5, I7, hash chains and checkpoints. Two walks over all commits; what
 * is in memory does not grow with them, but for {@link SeenChanges} and the checkpoints.
 */
export async function* verifyStore(options: VerifyOptions): AsyncIterable<Finding> {
  const { store, now, graceMs = 10 * 60_000, logs, views = [], streamChecks = [], acknowledged, checkpoints } = options;
  const buildExists = (id: string): Promise<boolean> => hasEvents(store, { kind: 'build', id });
  const checks: StreamCheckFactory[] = [
    checkDeliveries({ now, graceMs, buildExists }),
    checkBuilds({ now, graceMs, changes: new SeenChanges() }),
    ...(logs === undefined ? [] : [checkLogs(logs)]),
    ...views.map((each) => each.streamCheck({ store, settledBefore: now - graceMs })),
    ...streamChecks,
  ];
  yield* checkStreams(store.byStream(), { checks, sequencedBefore: now - graceMs });
  for (const each of views) yield* each.withoutStream(store);
  yield* checkWorld(store.byPosition({ after: 0 }), checkpoints);
  if (acknowledged !== undefined) yield* checkAcknowledged(acknowledged, store);
}
