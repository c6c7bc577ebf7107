import type { EpochMs } from '@cyclone/contracts';
import type { Builds } from '../build/builds.js';
import type { Clock } from '../clock.js';
import type { StoredBuild } from '../projections/stored-build.js';
import type { DispatchReadyJobs } from '../scheduling/dispatch-ready-jobs.reactor.js';
import type { JobQueue } from '../scheduling/job-queue.js';
import type { BuildReactions } from './build-reactions.js';

/** What is younger than this is still being reacted to in the usual ways. */
export const reactionPatienceMs = 60_000;

export interface ReconcilePorts {
  readonly builds: Builds;
  readonly queue: JobQueue;
  readonly dispatch: DispatchReadyJobs;
  readonly reactions: BuildReactions;
  readonly now: Clock;
}

/** The last resort: every open build waits for a plan that is being made, a runner that was asked, or a report. */
export class ReconcileOpenBuilds {
  constructor(private readonly ports: ReconcilePorts) {}

  async reconcile(open: readonly StoredBuild[], patienceMs = reactionPatienceMs): Promise<void> {
    for (const stored of open) {
      if (stored.build.status === 'requested') await this.#planForgotten(stored, patienceMs);
      else await this.#queueForgotten(stored, patienceMs);
    }
  }

  async #planForgotten({ build }: StoredBuild, patienceMs: number): Promise<void> {
    if (!this.#isOld(build.requestedAt, patienceMs)) return;
    const request = await this.ports.builds.request(build.id);
    if (request !== undefined) await this.ports.reactions.reactAgain(request);
  }

  async #queueForgotten({ build }: StoredBuild, patienceMs: number): Promise<void> {
    const queued = build.jobs.filter((job) => job.status === 'queued' && this.#isOld(job.queuedAt ?? 0, patienceMs));
    if (queued.length === 0) return;
    const known = new Set(
      (await this.ports.queue.ofBuild(build.id)).map(({ jobId, attempt }) => `${jobId}.${attempt}`),
    );
    const { state } = await this.ports.builds.load(build.id);
    for (const { id, attempt } of queued) {
      if (!known.has(`${id}.${attempt}`)) await this.ports.dispatch.enqueue(state, build.id, id, attempt);
    }
  }

  #isOld(since: EpochMs, patienceMs: number): boolean {
    return this.ports.now() - since > patienceMs;
  }
}
