import type { StreamRef } from '@cyclone/contracts';
import type { StoredCommit } from './commit.js';

/**
 * The commits as they are stored, for those who look after the store: checks, checkpoints, the relay. Nothing is
 * parsed or upcast, so that what is damaged can still be looked at.
 */
export interface CommitReader {
  /** Every commit, stream by stream, versions rising; only those of `kinds` where given. */
  byStream(options?: { readonly kinds?: readonly StreamRef['kind'][] }): AsyncIterable<StoredCommit>;
  /** Commits with a position, rising. */
  byPosition(range: { readonly after: number; readonly upTo?: number }): AsyncIterable<StoredCommit>;
}
