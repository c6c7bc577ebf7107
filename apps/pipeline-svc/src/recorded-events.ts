import { buildEvents, projectEvents, type BuildEvent, type ProjectEvent } from '@cyclone/contracts';
import type { RecordedEvent } from '@cyclone/event-store';

const buildTypes: ReadonlySet<string> = new Set(buildEvents.map(({ type }) => type));
const projectTypes: ReadonlySet<string> = new Set(projectEvents.map(({ type }) => type));

type Placed<Event> = Event & Omit<RecordedEvent, 'type' | 'data'>;

/** The store has parsed an event's data by the schema of its type: knowing the type is knowing the data. */
export const isBuildEvent = (event: RecordedEvent): event is Placed<BuildEvent> => buildTypes.has(event.type);
export const isProjectEvent = (event: RecordedEvent): event is Placed<ProjectEvent> => projectTypes.has(event.type);
export type RecordedBuildEvent = Placed<BuildEvent>;
export type RecordedProjectEvent = Placed<ProjectEvent>;
