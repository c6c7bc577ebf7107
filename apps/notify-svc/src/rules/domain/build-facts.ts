import type { BuildEvent, BuildOutcome, LogEvent, ProjectId, Trigger } from '@cyclone/contracts';

/** What the rules need to know of a build; a small fold of its events and of its logs'. */
export interface BuildFacts {
  readonly projectId?: ProjectId;
  readonly number?: number;
  readonly repositoryUrl?: string;
  readonly ref?: string;
  readonly sha?: string;
  readonly requestedAt?: number;
  readonly startedAt?: number;
  readonly finished?: { readonly outcome: BuildOutcome; readonly at: number };
  /** Logs that were announced and have not ended, as `<step>/<fence>`. */
  readonly openLogs: ReadonlySet<string>;
  readonly endedLogs: ReadonlySet<string>;
}

export type FactEvent = (BuildEvent | LogEvent) & { readonly occurredAt: number };

export const noFacts: BuildFacts = { openLogs: new Set(), endedLogs: new Set() };

const logName = (log: { readonly stepId: string; readonly fence: number }): string => `${log.stepId}/${log.fence}`;

const with1 = (names: ReadonlySet<string>, name: string): ReadonlySet<string> => new Set(names).add(name);
const without = (names: ReadonlySet<string>, drop: (name: string) => boolean): ReadonlySet<string> =>
  new Set([...names].filter((name) => !drop(name)));

const commitOf = (trigger: Trigger): { ref: string; sha?: string } => {
  if (trigger.kind === 'change') return { ref: trigger.change.ref, sha: trigger.change.after };
  return { ref: trigger.ref, sha: trigger.sha };
};

export const evolveFacts = (facts: BuildFacts, event: FactEvent): BuildFacts => {
  switch (event.type) {
    case 'BuildRequested': {
      const { projectId, number, repositoryUrl, trigger } = event.data;
      return { ...facts, projectId, number, repositoryUrl, ...commitOf(trigger), requestedAt: event.occurredAt };
    }
    case 'BuildPlanned':
      return { ...facts, ref: event.data.ref, sha: event.data.sha };
    case 'JobClaimed':
      return { ...facts, startedAt: facts.startedAt ?? event.occurredAt };
    case 'StepEnded': {
      const name = logName(event.data);
      if (event.data.log === undefined || facts.endedLogs.has(name)) return facts;
      return { ...facts, openLogs: with1(facts.openLogs, name) };
    }
    case 'JobLost':
      return { ...facts, openLogs: without(facts.openLogs, (name) => name.endsWith(`/${event.data.fence}`)) };
    case 'LogSealed':
    case 'LogDamaged': {
      const ended = logName(event.data);
      return {
        ...facts,
        openLogs: without(facts.openLogs, (name) => name === ended),
        endedLogs: with1(facts.endedLogs, ended),
      };
    }
    case 'BuildFinished':
      return { ...facts, finished: { outcome: event.data.outcome, at: event.occurredAt } };
    case 'BuildRejected':
    case 'JobQueued':
    case 'StepStarted':
    case 'ImagePublished':
    case 'JobEnded':
    case 'BuildCancelRequested':
      return facts;
  }
};

/** Whether nothing more will be written into any log of a finished build. */
export const haveLogsEnded = (facts: BuildFacts): boolean => facts.openLogs.size === 0;
