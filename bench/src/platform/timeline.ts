import { StepEnded, StepStarted, type BuildEvent } from '@cyclone/contracts';
import type { ObservedBuild } from './stage.js';
import type { SeenEvent } from './event-feed.js';

/** When the first event of a type happened. */
export function momentOf(events: readonly SeenEvent[], type: BuildEvent['type']): number {
  const found = events.find(({ event }) => event.type === type);
  if (found === undefined) throw new Error(`the build has no ${type}`);
  return found.event.occurredAt;
}

export interface StepTimes {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Of each step that ran, by the runner's clock, in the order in which they began. */
export function stepTimes(events: readonly SeenEvent[]): readonly StepTimes[] {
  const ends = new Map(
    events.flatMap(({ event }) => {
      if (event.type !== 'StepEnded') return [];
      const { stepId, endedAt } = StepEnded.schema.parse(event.data);
      return [[stepId, endedAt] as const];
    }),
  );
  return events
    .flatMap(({ event }) => {
      if (event.type !== 'StepStarted') return [];
      const { stepId, startedAt } = StepStarted.schema.parse(event.data);
      const endedAt = ends.get(stepId);
      return endedAt === undefined ? [] : [{ startedAt, endedAt }];
    })
    .sort((left, right) => left.startedAt - right.startedAt);
}

/** From the end of each step to the start of the next. */
export const gapsBetween = (steps: readonly StepTimes[]): readonly number[] =>
  steps.slice(1).map(({ startedAt }, index) => startedAt - (steps[index]?.endedAt ?? startedAt));

/** Names of the stretches between the push and its first log line, in their order. */
export const stretches = [
  'push sent to hook answered',
  'push sent to build requested',
  'requested to planned',
  'planned to claimed',
  'claimed to step started',
  'step started to first log line seen',
] as const;
export type Stretch = (typeof stretches)[number];

/** Where the time from push to first log line went: by the events' own times, the client's at both ends. */
export function stretchesOf({ push, log, events }: ObservedBuild): Readonly<Record<Stretch, number>> {
  const requested = momentOf(events, 'BuildRequested');
  const planned = momentOf(events, 'BuildPlanned');
  const claimed = momentOf(events, 'JobClaimed');
  const [step] = stepTimes(events);
  if (step === undefined || log.firstLineAt === undefined) throw new Error('a build without a step or a log line');
  return {
    'push sent to hook answered': push.answeredAt - push.sentAt,
    'push sent to build requested': requested - push.sentAt,
    'requested to planned': planned - requested,
    'planned to claimed': claimed - planned,
    'claimed to step started': step.startedAt - claimed,
    'step started to first log line seen': log.firstLineAt - step.startedAt,
  };
}
