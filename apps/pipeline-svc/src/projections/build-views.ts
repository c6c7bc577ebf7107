import {
  BuildId,
  BuildSummary,
  EpochMs,
  type BuildOutcome,
  type BuildStatus,
  type CommitSha,
  type ImageView,
  type ProjectId,
  type RunnerId,
} from '@cyclone/contracts';
import { createStreamProjector, rebuildViews, type EventStore, type StreamProjector } from '@cyclone/event-store';
import { MongoViewStore, type ViewDocument } from '@cyclone/event-store/mongo';
import type { mongo } from 'mongoose';
import { z } from 'zod';
import type { HeldByRunner } from '../runners/domain/find-lost-jobs.js';
import { pageOf, readCursor, type Page } from './cursor.js';
import { StoredBuild, storedBuildIndexes, storedBuildProjection } from './stored-build.js';

const Place = z.tuple([EpochMs, BuildId]);
const ImagePlace = z.tuple([EpochMs, BuildId, z.number().int()]);

export interface BuildFilter {
  readonly projects?: readonly ProjectId[] | undefined;
  readonly status?: BuildStatus | undefined;
  readonly outcome?: BuildOutcome | undefined;
  readonly ref?: string | undefined;
  readonly sha?: CommitSha | undefined;
}

const newestFirst = { 'view.build.requestedAt': -1, _id: -1 } as const;
/** Another fold or shape needs another name. */
export const buildViewsCollection = 'pipeline_builds';

const openBuildsMax = 10_000;

/** Stored views of all builds, and the questions that are asked of them. */
export class BuildViews {
  readonly projector: StreamProjector;

  private constructor(
    private readonly views: MongoViewStore<StoredBuild>,
    private readonly store: EventStore,
  ) {
    this.projector = createStreamProjector({ projection: storedBuildProjection, views, store });
  }

  static async open(db: mongo.Db, store: EventStore): Promise<BuildViews> {
    const parse = (stored: unknown): StoredBuild => StoredBuild.parse(stored);
    const views = await MongoViewStore.open({
      db,
      collection: buildViewsCollection,
      parse,
      indexes: [...storedBuildIndexes],
    });
    return new BuildViews(views, store);
  }

  rebuild(): Promise<{ readonly position: number }> {
    return rebuildViews({ projection: storedBuildProjection, views: this.views, store: this.store });
  }

  async list(filter: BuildFilter, after: string | undefined, limit: number): Promise<Page<BuildSummary>> {
    const query: mongo.Filter<ViewDocument> = {
      ...filterOf(filter),
      ...(after === undefined ? {} : beyond(readCursor(after, Place))),
    };
    const documents = await this.#collection
      .find(query, { projection: { 'view.build.jobs': 0, 'view.build.problems': 0, 'view.build.warnings': 0 } })
      .sort(newestFirst)
      .limit(limit + 1)
      .toArray();
    const summaries = documents.map((document) => Summarized.parse(document.view).build);
    return pageOf(summaries, limit, (build) => [build.requestedAt, build.id]);
  }

  async listImages(
    projects: readonly ProjectId[] | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<Page<ImageView>> {
    const place = after === undefined ? undefined : readCursor(after, ImagePlace);
    const documents = await this.#collection
      .find({
        'view.build.images.digest': { $exists: true },
        ...filterOf({ projects }),
        ...(place === undefined ? {} : beyond([place[0], place[1]], 'inclusive')),
      })
      .sort(newestFirst)
      .limit(limit + 2)
      .toArray();
    const images = documents.flatMap((document) => {
      const { build } = StoredBuild.parse(document.view);
      const about = { projectId: build.projectId, buildId: build.id, buildNumber: build.number, sha: build.sha };
      return build.images.map((image, index) => ({
        image: { ...image, ...about },
        place: [build.requestedAt, build.id, index] as const,
      }));
    });
    const fresh = images.filter(
      (item) => place === undefined || item.place[1] !== place[1] || item.place[2] > place[2],
    );
    const page = pageOf(fresh, limit, (item) => item.place);
    return { ...page, items: page.items.map((item) => item.image) };
  }

  /** Jobs that runners hold in open builds; of one runner where it is named. */
  async running(runnerId?: RunnerId): Promise<readonly HeldByRunner[]> {
    const open = await this.#open({ 'view.running.runnerId': runnerId ?? { $exists: true } });
    return open.flatMap(({ running }) => running).filter((job) => runnerId === undefined || job.runnerId === runnerId);
  }

  async openBuilds(): Promise<readonly StoredBuild[]> {
    return this.#open({});
  }

  get #collection(): mongo.Collection<ViewDocument> {
    return this.views.collection;
  }

  async #open(filter: mongo.Filter<ViewDocument>): Promise<StoredBuild[]> {
    const documents = await this.#collection
      .find({ 'view.open': true, ...filter })
      .limit(openBuildsMax)
      .toArray();
    return documents.map((document) => StoredBuild.parse(document.view));
  }
}

const Summarized = z.object({ build: BuildSummary });

const filterOf = ({ projects, status, outcome, ref, sha }: BuildFilter): mongo.Filter<ViewDocument> => ({
  ...(projects === undefined ? {} : { 'view.build.projectId': { $in: [...projects] } }),
  ...(status === undefined ? {} : { 'view.build.status': status }),
  ...(outcome === undefined ? {} : { 'view.build.outcome': outcome }),
  ...(ref === undefined ? {} : { 'view.build.ref': ref }),
  ...(sha === undefined ? {} : { 'view.build.sha': sha }),
});

const beyond = ([requestedAt, id]: readonly [EpochMs, BuildId], edge?: 'inclusive'): mongo.Filter<ViewDocument> => ({
  $or: [
    { 'view.build.requestedAt': { $lt: requestedAt } },
    { 'view.build.requestedAt': requestedAt, _id: edge === 'inclusive' ? { $lte: id } : { $lt: id } },
  ],
});
