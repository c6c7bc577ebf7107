import { leaseMs, type HeldJob, type RunnerAnnouncement, type RunnerOrders } from '@cyclone/contracts';
import type { Builds } from '../build/builds.js';
import type { Clock } from '../clock.js';
import type { BuildViews } from '../projections/build-views.js';
import type { DispatchReadyJobs } from '../scheduling/dispatch-ready-jobs.reactor.js';
import type { JobTokens } from '../tokens/job-token.js';
import { findForgottenJobs } from './domain/find-lost-jobs.js';
import type { RecordLostJobs } from './record-lost-jobs.js';
import type { RunnerLeases } from './runner-leases.js';

export interface AnnounceRunnerPorts {
  readonly builds: Builds;
  readonly views: BuildViews;
  readonly leases: RunnerLeases;
  readonly tokens: JobTokens;
  readonly dispatch: DispatchReadyJobs;
  readonly lostJobs: RecordLostJobs;
  readonly now: Clock;
  /** Makes sure that a pool has its consumer before a runner binds to it. */
  readonly preparePool: (pool: string) => Promise<void>;
  readonly onProblem: (message: string, error: unknown) => void;
}

type Judged =
  | { readonly kind: 'cancel' | 'drop'; readonly held: HeldJob }
  | { readonly kind: 'token'; readonly token: RunnerOrders['tokens'][number] };

/** A runner's sign of life: renews its lease, says what it must stop, and offers work for the slots that it has free. */
export class AnnounceRunner {
  constructor(private readonly ports: AnnounceRunnerPorts) {}

  async announce(announcement: RunnerAnnouncement): Promise<RunnerOrders> {
    const { leases, dispatch, preparePool, onProblem } = this.ports;
    await preparePool(announcement.pool);
    await leases.announce(announcement);
    if (announcement.freeSlots > 0 && !announcement.draining) {
      dispatch.dispatch().catch((error: unknown) => onProblem('jobs could not be offered', error));
    }
    this.#recordForgotten(announcement).catch((error: unknown) =>
      onProblem('forgotten jobs could not be recorded', error),
    );
    const judged = await Promise.all(announcement.held.map((held) => this.#judge(announcement, held)));
    return {
      cancel: judged.flatMap((one) => (one.kind === 'cancel' ? [one.held] : [])),
      drop: judged.flatMap((one) => (one.kind === 'drop' ? [one.held] : [])),
      tokens: judged.flatMap((one) => (one.kind === 'token' ? [one.token] : [])),
      leaseMs,
    };
  }

  /** From the stream, never from a view: a view that lags would drop a job that was claimed a moment ago. */
  async #judge({ runnerId }: RunnerAnnouncement, held: HeldJob): Promise<Judged> {
    const { builds, tokens, now } = this.ports;
    const { buildId, jobId, attempt, fence } = held;
    const { state } = await builds.load(buildId);
    const job = state.status === 'open' ? state.jobs.get(jobId) : undefined;
    if (state.status !== 'open' || job?.status !== 'running' || job.fence !== fence || job.runnerId !== runnerId) {
      return { kind: 'drop', held };
    }
    if (state.cancel !== undefined) return { kind: 'cancel', held };
    const { projectId } = state;
    const { token, expiresAt } = tokens.issue({ projectId, buildId, jobId, attempt, fence, runnerId }, now());
    return { kind: 'token', token: { buildId, jobId, fence, token, expiresAt } };
  }

  async #recordForgotten({ runnerId, held }: RunnerAnnouncement): Promise<void> {
    const { views, leases, lostJobs } = this.ports;
    const claimed = await views.running(runnerId);
    if (
      claimed.length <= held.length &&
      claimed.every((job) => held.some(({ fence, buildId }) => fence === job.fence && buildId === job.buildId))
    )
      return;
    const { now } = await leases.situation();
    await lostJobs.record(findForgottenJobs(claimed, held, now));
  }
}
