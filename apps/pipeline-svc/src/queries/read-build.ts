import type { BuildId, BuildView, ProjectId, ProjectView } from '@cyclone/contracts';
import type { EventStore } from '@cyclone/event-store';
import type { z } from 'zod';
import type { At } from '@cyclone/contracts';
import { buildNotFound } from '../build/domain/build-rejections.js';
import { foldBuildView } from '../projections/build-view.projection.js';
import { foldProjectView } from '../projections/project-view.projection.js';
import { isBuildEvent, isProjectEvent, type RecordedBuildEvent } from '../recorded-events.js';
import { refuse } from '../refusals.js';

type Moment = z.infer<typeof At>;

/** A build as it is, or as it was: always the fold of its stream, so that whoever has just written reads that. */
export const readBuild = async (store: EventStore, buildId: BuildId, at?: Moment): Promise<BuildView> => {
  const events = (await store.readStream({ kind: 'build', id: buildId })).filter(isBuildEvent);
  if (events.length === 0) throw refuse(buildNotFound);
  let view: BuildView | undefined;
  for (const event of events) {
    if (at !== undefined && !hadHappened(event, at)) break;
    view = foldBuildView(view, { ...event, streamId: buildId, position: event.position });
  }
  if (view === undefined)
    throw refuse({ code: 'build-not-found', message: 'there was no such build yet at that moment' });
  return view;
};

const hadHappened = (event: RecordedBuildEvent, at: Moment): boolean =>
  'position' in at ? event.position !== undefined && event.position <= at.position : event.occurredAt <= at.time;

export const readProject = async (store: EventStore, projectId: ProjectId): Promise<ProjectView> => {
  const events = (await store.readStream({ kind: 'project', id: projectId })).filter(isProjectEvent);
  let view: ProjectView | undefined;
  for (const event of events) view = foldProjectView(view, { ...event, position: event.position });
  if (view === undefined || view.deleted)
    throw refuse({ code: 'project-not-found', message: `there is no project ${projectId}` });
  return view;
};
