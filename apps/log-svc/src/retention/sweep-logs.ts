import { type BuildId, type BuildView, type EpochMs, type LogSummary } from '@cyclone/contracts';
import type { Logger } from '@cyclone/observability';
import { isComplete } from '../ingest/domain/chunk-sequence.js';
import type { LogSealer } from '../seal/log-sealer.js';
import type { LogAttempt, LogStore } from '../store/log-store.js';

export interface SweepLimits {
  /** Nothing is looked at that was touched since: the ordinary way is still at work. */
  readonly silentMs: number;
  /** How long missing chunks of a sealed log are waited for: the runner sends them again every few seconds. */
  readonly missingChunksMs: number;
  /** How long an unsealed log of a build that is over may be silent: runners send again every few seconds. */
  readonly unsealedMs: number;
  readonly retentionMs: number;
  readonly batchMax: number;
}

export interface SweepParts {
  readonly store: LogStore;
  readonly sealer: Pick<LogSealer, 'enqueue' | 'endDamaged'>;
  /** Undefined when there is no such build; throws when nobody answers. */
  readonly findBuild: (buildId: BuildId) => Promise<BuildView | undefined>;
  /**
   * Since when this service and its servers have been well without a break. Silence counts only from there: what
   * runners sent meanwhile is still on its way.
   */
  readonly wellSince: () => EpochMs;
  readonly limits: SweepLimits;
  readonly logger: Logger;
}

/** Ends the logs that nobody else will: seals that a crash left behind, chunks that never came, runners that were lost. */
export const sweepSilentLogs = async (parts: SweepParts, now: EpochMs): Promise<void> => {
  const { store, sealer, limits, logger } = parts;
  const builds = new Map<BuildId, Promise<BuildView | undefined>>();
  const buildOf = (buildId: BuildId): Promise<BuildView | undefined> => {
    const asked = builds.get(buildId) ?? parts.findBuild(buildId);
    builds.set(buildId, asked);
    return asked;
  };
  for (const attempt of await store.silentSince(now - limits.silentMs, limits.batchMax)) {
    try {
      if (attempt.seal !== undefined && isComplete(attempt.prefix, attempt.seal.seq)) sealer.enqueue(attempt);
      else if (attempt.seal !== undefined) await endWhenChunksNeverCame(parts, attempt, now);
      else await endWithItsBuild(parts, attempt, await buildOf(attempt.buildId), now);
    } catch (error) {
      logger.warn('a silent log could not be ended yet', { buildId: attempt.buildId, stepId: attempt.stepId, error });
    }
  }
};

const silentFor = ({ wellSince }: SweepParts, attempt: LogAttempt, now: EpochMs): number =>
  now - Math.max(attempt.touchedAt, wellSince());

const endWhenChunksNeverCame = async (parts: SweepParts, attempt: LogAttempt, now: EpochMs): Promise<void> => {
  const { sealer, limits } = parts;
  const { prefix, seal } = attempt;
  if (seal === undefined) return;
  if (prefix.broken) {
    await sealer.endDamaged(
      attempt,
      `chunk ${prefix.nextSeq} does not begin where the one before it ends`,
      seal.summary,
    );
  } else if (silentFor(parts, attempt, now) > limits.missingChunksMs) {
    await sealer.endDamaged(attempt, `chunk ${prefix.nextSeq} of ${seal.seq} never came`, seal.summary);
  }
};

const endWithItsBuild = async (
  parts: SweepParts,
  attempt: LogAttempt,
  build: BuildView | undefined,
  now: EpochMs,
): Promise<void> => {
  const { sealer, limits } = parts;
  const isOver = build === undefined || (build.finishedAt !== undefined && now - build.finishedAt > limits.unsealedMs);
  if (!isOver || silentFor(parts, attempt, now) <= limits.unsealedMs) return;
  await sealer.endDamaged(
    attempt,
    'the build is over and its runner never sealed the log',
    expectedSummary(build, attempt),
  );
};

const expectedSummary = (build: BuildView | undefined, attempt: LogAttempt): LogSummary | undefined =>
  build?.jobs.flatMap((job) => job.steps).find((step) => step.id === attempt.stepId && step.fence === attempt.fence)
    ?.log;

/** Removes the bytes of logs past their age; what was there stays known. */
export const removeOldLogs = async ({ store, limits, logger }: SweepParts, now: EpochMs): Promise<void> => {
  const old = await store.olderThan(now - limits.retentionMs, limits.batchMax);
  for (const attempt of old) await store.forget(attempt);
  if (old.length > 0) logger.info('removed old logs', { attempts: old.length });
};
