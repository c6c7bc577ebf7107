import { CommandId } from '@cyclone/contracts';
import type { Logger } from '@cyclone/observability';
import type { Builds } from '../build/builds.js';
import type { Clock } from '../clock.js';
import type { BuildViews } from '../projections/build-views.js';
import { findLostJobs, type LostJob } from './domain/find-lost-jobs.js';
import type { RunnerLeases } from './runner-leases.js';

const attemptsMax = 3;

export interface LostJobsPorts {
  readonly builds: Builds;
  readonly views: BuildViews;
  readonly leases: RunnerLeases;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Tells the builds of runners whose lease ran out. Any instance may, at any time: the fence decides what it still means. */
export class RecordLostJobs {
  constructor(private readonly ports: LostJobsPorts) {}

  async sweep(): Promise<void> {
    const { leases, views } = this.ports;
    const held = await views.running();
    if (held.length === 0) return;
    const { now, wellSince, seenAt } = await leases.situation();
    await this.record(findLostJobs(held, seenAt, wellSince, now));
  }

  async record(lost: readonly LostJob[]): Promise<void> {
    const { builds, now, logger } = this.ports;
    for (const { buildId, projectId, jobId, fence, runnerId, reason } of lost) {
      logger.warn('a job lost its runner', { buildId, jobId, runnerId, reason: reason.code });
      await builds.carryOut(
        buildId,
        projectId,
        { type: 'RecordRunnerLost', jobId, fence, reason, attemptsMax, at: now() },
        {
          commandId: CommandId.parse(`lost/${jobId}/${fence}`),
          actor: { kind: 'system', id: 'pipeline-svc' },
          trace: { correlationId: buildId },
        },
      );
    }
  }
}
