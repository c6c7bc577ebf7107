import type { BuildId, EpochMs, Notice, NotificationEvent, ProjectId } from '@cyclone/contracts';
import { type Decider, accept, acceptNothing } from '@cyclone/event-store';
import { type BuildFacts, haveLogsEnded } from './build-facts.js';

export interface NoticeState {
  readonly notice: Notice;
  readonly status: 'waiting' | 'delivered' | 'failed' | 'superseded';
  /** Tries so far. */
  readonly attempts: number;
  /** Not before this. */
  readonly retryAt?: EpochMs;
}

/** By key, in the order in which they were planned. */
export type NotificationState = ReadonlyMap<string, NoticeState>;

export type NotificationCommand =
  | {
      readonly type: 'PlanNotices';
      readonly projectId: ProjectId;
      readonly buildId: BuildId;
      readonly notices: readonly Notice[];
    }
  | {
      readonly type: 'RecordDelivered';
      readonly key: string;
      readonly attempt: number;
      readonly detail?: string;
      readonly logComplete?: boolean;
    }
  | {
      readonly type: 'RecordFailed';
      readonly key: string;
      readonly attempt: number;
      readonly message: string;
      readonly now: EpochMs;
      /** Trying again would fail again. */
      readonly isPermanent: boolean;
      /** What the receiver's server asked for. */
      readonly notBefore?: EpochMs;
    };

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** Waits after the first, second... try; when they are used up the notice has failed for good. Together about nine hours. */
export const retryDelaysMs: readonly number[] = [
  5 * secondMs,
  30 * secondMs,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  120 * minuteMs,
  360 * minuteMs,
];
/** A server cannot put a notice off for longer. */
const notBeforeMsMax = 60 * minuteMs;

const detailCharsMax = 1_000;
const messageCharsMax = 2_000;

const plan = (
  state: NotificationState,
  command: Extract<NotificationCommand, { type: 'PlanNotices' }>,
): readonly NotificationEvent[] => {
  const fresh = command.notices.filter((notice) => !state.has(notice.key));
  const { projectId, buildId } = command;
  const planned = fresh.map((notice): NotificationEvent => ({
    type: 'NoticePlanned',
    data: { projectId, buildId, notice },
  }));
  const newest = fresh.findLast((notice) => notice.channel === 'commit-status');
  if (newest === undefined) return planned;
  const pointless = [...state.values()].filter(
    ({ notice, status }) => notice.channel === 'commit-status' && status === 'waiting',
  );
  return [
    ...pointless.map(({ notice }): NotificationEvent => ({
      type: 'NoticeSuperseded',
      data: { key: notice.key, by: newest.key },
    })),
    ...planned,
  ];
};

const fail = (command: Extract<NotificationCommand, { type: 'RecordFailed' }>): NotificationEvent => {
  const delayMs = retryDelaysMs[command.attempt - 1];
  const isLast = command.isPermanent || delayMs === undefined;
  const asked = Math.min(command.notBefore ?? 0, command.now + notBeforeMsMax);
  const retryAt = isLast ? undefined : Math.max(command.now + delayMs, asked);
  return {
    type: 'NoticeFailed',
    data: { key: command.key, attempt: command.attempt, message: command.message.slice(0, messageCharsMax), retryAt },
  };
};

/** One build's notices: each is planned once, tried until a server took it or no try is left, and ends once. */
export const notificationDecider: Decider<NotificationState, NotificationCommand, NotificationEvent> = {
  initialState: new Map(),
  decide: (command, state) => {
    if (command.type === 'PlanNotices') return accept(...plan(state, command));
    const notice = state.get(command.key);
    // A try of which the answer is known already, or whose notice was superseded while it ran.
    if (notice === undefined || notice.attempts >= command.attempt || notice.status === 'delivered')
      return acceptNothing;
    if (command.type === 'RecordFailed') return notice.status === 'waiting' ? accept(fail(command)) : acceptNothing;
    const { key, attempt, logComplete } = command;
    return accept({
      type: 'NoticeDelivered',
      data: { key, attempt, logComplete, detail: command.detail?.slice(0, detailCharsMax) },
    });
  },
  evolve: (state, event) => {
    if (event.type === 'NoticePlanned')
      return new Map(state).set(event.data.notice.key, { notice: event.data.notice, status: 'waiting', attempts: 0 });
    const before = state.get(event.data.key);
    if (before === undefined) return state;
    return new Map(state).set(event.data.key, afterwards(before, event));
  },
};

const afterwards = (before: NoticeState, event: Exclude<NotificationEvent, { type: 'NoticePlanned' }>): NoticeState => {
  switch (event.type) {
    case 'NoticeDelivered':
      return { ...before, status: 'delivered', attempts: event.data.attempt, retryAt: undefined };
    case 'NoticeFailed': {
      const { attempt, retryAt } = event.data;
      return { ...before, status: retryAt === undefined ? 'failed' : 'waiting', attempts: attempt, retryAt };
    }
    case 'NoticeSuperseded':
      return before.status === 'waiting' ? { ...before, status: 'superseded', retryAt: undefined } : before;
  }
};

/** How long a mail waits for the logs' seals before it goes without, saying so. */
export const sealWaitMs = 60 * secondMs;

/** When a waiting notice may be tried. A mail waits for its logs first; a mail that was tried does so no more. */
const dueAt = ({ notice, retryAt, attempts }: NoticeState, facts: BuildFacts): EpochMs => {
  if (retryAt !== undefined) return retryAt;
  if (notice.channel === 'commit-status' || attempts > 0 || facts.finished === undefined || haveLogsEnded(facts))
    return 0;
  return facts.finished.at + sealWaitMs;
};

const waiting = (state: NotificationState): NoticeState[] =>
  [...state.values()].filter(({ status }) => status === 'waiting');

export const dueNotices = (state: NotificationState, facts: BuildFacts, now: EpochMs): readonly NoticeState[] =>
  waiting(state).filter((notice) => dueAt(notice, facts) <= now);

/** When to look at the build's notices again; undefined when none waits. */
export const nextDueAt = (state: NotificationState, facts: BuildFacts): EpochMs | undefined => {
  const times = waiting(state).map((notice) => dueAt(notice, facts));
  return times.length === 0 ? undefined : Math.min(...times);
};
