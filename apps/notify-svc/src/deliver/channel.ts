import type { BuildId, EpochMs, Notice } from '@cyclone/contracts';
import type { BuildFacts } from '../rules/domain/build-facts.js';

/** What became of one try. `not-tried`: something of our own was missing, so it does not count. */
export type TryOutcome =
  | { readonly kind: 'delivered'; readonly detail?: string; readonly logComplete?: boolean }
  | { readonly kind: 'failed'; readonly message: string; readonly isPermanent: boolean; readonly notBefore?: EpochMs }
  | { readonly kind: 'not-tried'; readonly message: string };

export interface DueBuild {
  readonly buildId: BuildId;
  readonly facts: BuildFacts;
  readonly notices: readonly Notice[];
}

/**
 * A way to tell receivers. `deliver` tries each notice once and calls `onOutcome` for each as soon as its outcome is
 * known, exactly once; it resolves when all are known and does not throw.
 */
export interface Channel {
  readonly name: Notice['channel'];
  deliver(due: DueBuild, onOutcome: (notice: Notice, outcome: TryOutcome) => Promise<void>): Promise<void>;
}
