import type { ProjectView } from '@cyclone/contracts';
import type { StreamProjection } from '@cyclone/event-store';
import { isProjectEvent } from '../recorded-events.js';
import { foldProjectView } from './project-view.projection.js';

export const storedProjectProjection: StreamProjection<ProjectView> = {
  name: 'pipeline-projects',
  kind: 'project',
  evolve: (view, event) => {
    if (!isProjectEvent(event)) throw new Error(`a project's stream holds no ${event.type}`);
    return foldProjectView(view, { ...event, position: undefined });
  },
};
