import { subjects, type BuildId, type JobId, type JobOffer } from '@cyclone/contracts';
import { PublishRefusedError, type Publisher } from '@cyclone/messaging';
import type { Logger } from '@cyclone/observability';
import type { Builds } from '../build/builds.js';
import type { BuildState } from '../build/domain/build-state.js';
import type { Clock } from '../clock.js';
import type { Failpoint } from '@cyclone/service-host';
import type { RunnerLeases } from '../runners/runner-leases.js';
import { schedule, type QueuedJob } from './domain/schedule.js';
import type { JobQueue, QueueEntry } from './job-queue.js';

/** An offer that nobody claimed for this long is looked at again. */
export const offerPatienceMs = 30_000;

export interface DispatchPorts {
  readonly builds: Builds;
  readonly queue: JobQueue;
  readonly leases: RunnerLeases;
  readonly publisher: Publisher;
  readonly now: Clock;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
}

/** Offers queued jobs to the runners' pools, at most as many as they have free slots. */
export class DispatchReadyJobs {
  #running: Promise<void> | undefined;
  #again = false;

  constructor(private readonly ports: DispatchPorts) {}

  /** Adds what the stream says is queued; a late or repeated notice adds nothing. */
  async enqueue(state: BuildState, buildId: BuildId, jobId: JobId, attempt: number): Promise<void> {
    const job = state.status === 'open' ? state.jobs.get(jobId) : undefined;
    if (state.status !== 'open' || job?.status !== 'queued' || job.attempt !== attempt) return;
    const { projectId } = state;
    await this.ports.queue.add({
      projectId,
      buildId,
      jobId,
      attempt,
      labels: job.planned.labels,
      queuedAt: job.queuedAt,
    });
    await this.dispatch();
  }

  async forget(attempt: Pick<QueuedJob, 'buildId' | 'jobId' | 'attempt'>): Promise<void> {
    await this.ports.queue.remove(attempt);
  }

  async forgetBuild(buildId: BuildId): Promise<void> {
    await this.ports.queue.removeBuild(buildId);
  }

  /** Offers what can be offered now. Calls that come while one runs are answered by one more run. */
  dispatch(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#dispatchAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The run that is under way has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#running]);
  }

  /**
   * What was offered long ago and is still queued is offered again; what is queued no more is forgotten. An offer that still
   * waits in the work queue is refused there, so no patience at all does no harm.
   */
  async reconcile(patienceMs = offerPatienceMs): Promise<void> {
    const { builds, queue, now } = this.ports;
    for (const entry of await queue.offeredBefore(now() - patienceMs)) {
      const { state } = await builds.load(entry.buildId);
      const job = state.status === 'open' ? state.jobs.get(entry.jobId) : undefined;
      if (job?.status === 'queued' && job.attempt === entry.attempt) await queue.withdrawOffer(entry);
      else await queue.remove(entry);
    }
    await this.dispatch();
  }

  async #dispatchAll(): Promise<void> {
    do {
      this.#again = false;
      const [runners, entries] = await Promise.all([this.ports.leases.available(), this.ports.queue.entries()]);
      const { offers } = schedule(entries, runners);
      const byJob = new Map(entries.map((entry): [QueuedJob, QueueEntry] => [entry, entry]));
      await Promise.all(
        offers.map(({ job, pool }) => {
          const entry = byJob.get(job);
          return entry === undefined ? undefined : this.#offer(entry, pool);
        }),
      );
    } while (this.#again);
  }

  async #offer(entry: QueueEntry, pool: string): Promise<void> {
    const { queue, publisher, now, logger, failpoint } = this.ports;
    const { projectId, buildId, jobId, attempt, labels } = entry;
    const offeredAt = now();
    if (!(await queue.markOffered(entry, offeredAt))) return;
    failpoint('before-offer');
    const offer: JobOffer = { projectId, buildId, jobId, attempt, labels: { ...labels }, offeredAt };
    try {
      await publisher.publish({
        subject: subjects.jobOffer(pool, buildId, jobId, attempt),
        id: `offer.${buildId}.${jobId}.${attempt}.${entry.offers}`,
        data: Buffer.from(JSON.stringify(offer)),
      });
    } catch (error) {
      // Full, or the same offer still waits there: it is looked at again when its patience is over.
      if (!(error instanceof PublishRefusedError)) throw error;
      logger.warn('the work queue took no offer; it is made again later', { buildId, jobId, attempt });
    }
    failpoint('after-offer');
  }
}
