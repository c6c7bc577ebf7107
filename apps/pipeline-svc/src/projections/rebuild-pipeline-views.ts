import type { EventStore } from '@cyclone/event-store';
import type { mongo } from 'mongoose';
import { BuildViews } from './build-views.js';
import { ProjectViews } from './project-views.js';

/** Builds every view of this service anew from position 0; the service may run meanwhile. */
export const rebuildPipelineViews = async (
  db: mongo.Db,
  store: EventStore,
): Promise<Readonly<Record<string, number>>> => {
  const builds = await (await BuildViews.open(db, store)).rebuild();
  const projects = await (await ProjectViews.open(db, store)).rebuild();
  return { builds: builds.position, projects: projects.position };
};
