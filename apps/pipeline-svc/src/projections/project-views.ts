import { ProjectId, ProjectView } from '@cyclone/contracts';
import { createStreamProjector, rebuildViews, type EventStore, type StreamProjector } from '@cyclone/event-store';
import { MongoViewStore } from '@cyclone/event-store/mongo';
import type { mongo } from 'mongoose';
import { pageOf, readCursor, type Page } from './cursor.js';
import { storedProjectProjection } from './stored-project.js';

/** Another fold or shape needs another name. */
export const projectViewsCollection = 'pipeline_projects';

/** Stored views of all projects, by name. */
export class ProjectViews {
  readonly projector: StreamProjector;

  private constructor(
    private readonly views: MongoViewStore<ProjectView>,
    private readonly store: EventStore,
  ) {
    this.projector = createStreamProjector({ projection: storedProjectProjection, views, store });
  }

  static async open(db: mongo.Db, store: EventStore): Promise<ProjectViews> {
    const parse = (stored: unknown): ProjectView => ProjectView.parse(stored);
    const indexes = [{ key: { 'view.deleted': 1, _id: 1 } }] as const;
    return new ProjectViews(
      await MongoViewStore.open({ db, collection: projectViewsCollection, parse, indexes: [...indexes] }),
      store,
    );
  }

  rebuild(): Promise<{ readonly position: number }> {
    return rebuildViews({ projection: storedProjectProjection, views: this.views, store: this.store });
  }

  async list(
    only: readonly ProjectId[] | undefined,
    after: string | undefined,
    limit: number,
  ): Promise<Page<ProjectView>> {
    const documents = await this.views.collection
      .find({
        'view.deleted': false,
        $and: [
          only === undefined ? {} : { _id: { $in: [...only] } },
          after === undefined ? {} : { _id: { $gt: readCursor(after, ProjectId) } },
        ],
      })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray();
    return pageOf(
      documents.map((document) => ProjectView.parse(document.view)),
      limit,
      (project) => project.id,
    );
  }
}
