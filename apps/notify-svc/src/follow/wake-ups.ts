import type { BuildId, EpochMs } from '@cyclone/contracts';

export interface WakeUp {
  readonly buildId: BuildId;
  readonly at: EpochMs;
  /** Changes with every `set`, so that what was set meanwhile is not overlooked. */
  readonly revision: number;
}

/**
 * When to look at a build's notices again: timers that survive a restart, at most one a build.
 *
 * - `set` keeps the earlier of what is there and what is given, and is durable when it resolves.
 * - `move` gives a wake-up that was looked at its next time, or removes it; it does nothing when the wake-up has been
 *   set anew since it was read.
 */
export interface WakeUps {
  set(buildId: BuildId, at: EpochMs): Promise<void>;
  /** Those whose time has come, the longest due first. */
  due(now: EpochMs, limit: number): Promise<readonly WakeUp[]>;
  /** The earliest time after `now` at which something will be due. */
  nextAfter(now: EpochMs): Promise<EpochMs | undefined>;
  move(wakeUp: WakeUp, at: EpochMs | undefined): Promise<void>;
}
