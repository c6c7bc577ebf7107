import {
  Plan,
  type At,
  type BuildId,
  type BuildSummary,
  type BuildView,
  type EventEnvelope,
  type ImageView,
  type ProjectId,
} from '@cyclone/contracts';
import type { ContentStore, EventStore } from '@cyclone/event-store';
import { z } from 'zod';
import { buildNotFound } from '../build/domain/build-rejections.js';
import type { BuildFilter, BuildViews } from '../projections/build-views.js';
import { pageOf, readCursor, type Page } from '../projections/cursor.js';
import { refuse } from '../refusals.js';
import type { RunnerLeases } from '../runners/runner-leases.js';
import { explainWaiting } from '../scheduling/domain/schedule.js';
import { readBuild } from './read-build.js';

/** Answers questions about builds: one build from its stream, lists from the stored views. */
export class BuildQueries {
  constructor(
    private readonly store: EventStore,
    private readonly contents: ContentStore,
    private readonly views: BuildViews,
    private readonly leases: RunnerLeases,
  ) {}

  async get(buildId: BuildId, at?: z.infer<typeof At>): Promise<BuildView> {
    const view = await readBuild(this.store, buildId, at);
    return at === undefined && view.jobs.some((job) => job.status === 'queued') ? this.#withWaitingReasons(view) : view;
  }

  list(filter: BuildFilter, after: string | undefined, limit: number): Promise<Page<BuildSummary>> {
    return this.views.list(filter, after, limit);
  }

  listImages(
    projects: readonly ProjectId[] | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<Page<ImageView>> {
    return this.views.listImages(projects, after, limit);
  }

  async plan(buildId: BuildId): Promise<Plan> {
    const { planDigest } = await readBuild(this.store, buildId);
    const bytes = planDigest === undefined ? undefined : await this.contents.get(planDigest);
    if (bytes === undefined) throw refuse({ code: 'build-not-found', message: 'the build has no plan' });
    return Plan.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  }

  /** An event without its place in the world is not shown yet: it comes with the next page. */
  async events(buildId: BuildId, after: string | undefined, limit: number): Promise<Page<EventEnvelope>> {
    const afterVersion = after === undefined ? 0 : readCursor(after, z.number().int().nonnegative());
    const events = await this.store.readStream({ kind: 'build', id: buildId }, { afterVersion, limit: limit + 1 });
    if (events.length === 0 && afterVersion === 0) throw refuse(buildNotFound);
    const placed: EventEnvelope[] = [];
    for (const event of events) {
      if (event.position === undefined) break;
      placed.push({ ...event, position: event.position });
    }
    return pageOf(placed, limit, (event) => event.streamVersion);
  }

  /** Why each queued job waits, in words: true at this moment, so it is no part of the fold. */
  async #withWaitingReasons(view: BuildView): Promise<BuildView> {
    const runners = await this.leases.available();
    const jobs = view.jobs.map((job) =>
      job.status === 'queued'
        ? { ...job, reason: { code: 'waiting-for-runner', message: explainWaiting(job.labels, runners) } }
        : job,
    );
    return { ...view, jobs };
  }
}
