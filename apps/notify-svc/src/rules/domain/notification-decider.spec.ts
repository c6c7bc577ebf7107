import { describe, expect, it } from '@jest/globals';
import { BuildId, JobId, type Notice, type NotificationEvent, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { type BuildFacts, type FactEvent, evolveFacts, haveLogsEnded, noFacts } from './build-facts.js';
import {
  type NotificationCommand,
  dueNotices,
  nextDueAt,
  notificationDecider,
  retryDelaysMs,
  sealWaitMs,
} from './notification-decider.js';

const projectId = ProjectId.parse('shop');
const buildId = BuildId.parse('b1');
const mail: Notice = { channel: 'mail', key: 'mail/a@x', recipient: 'a@x' };
const status = (stage: string, state: 'pending' | 'running' | 'success'): Notice => ({
  channel: 'commit-status',
  key: `commit-status/${stage}`,
  state,
  context: 'c',
});
const pending = status('requested', 'pending');
const running = status('running', 'running');

const planned = (notice: Notice): NotificationEvent => ({
  type: 'NoticePlanned',
  data: { projectId, buildId, notice },
});
const failed = (key: string, attempt: number, retryAt?: number): NotificationEvent => ({
  type: 'NoticeFailed',
  data: { key, attempt, message: 'no', retryAt },
});
const delivered = (key: string, attempt: number): NotificationEvent => ({
  type: 'NoticeDelivered',
  data: { key, attempt },
});
const plan = (...notices: Notice[]): NotificationCommand => ({ type: 'PlanNotices', projectId, buildId, notices });
const recordFailed = (
  attempt: number,
  changes: { isPermanent?: boolean; notBefore?: number } = {},
): NotificationCommand => ({
  type: 'RecordFailed',
  key: mail.key,
  attempt,
  message: 'no',
  now: 1_000,
  isPermanent: false,
  ...changes,
});

const given = (...events: NotificationEvent[]) => {
  const state = events.reduce(
    (before, event, index) => notificationDecider.evolve(before, { ...event, streamVersion: index + 1, occurredAt: 1 }),
    notificationDecider.initialState,
  );
  return {
    state,
    when: (command: NotificationCommand) => {
      const decision = notificationDecider.decide(command, state);
      return decision.kind === 'accepted' ? decision.events : decision.rejection;
    },
  };
};

describe('planning notices', () => {
  it('plans each key once', () => {
    expect(given().when(plan(mail, pending))).toEqual([planned(mail), planned(pending)]);
    expect(given(planned(mail)).when(plan(mail, pending))).toEqual([planned(pending)]);
    expect(given(planned(mail), planned(pending)).when(plan(mail, pending))).toEqual([]);
  });

  it('skips a commit status that waits when a later one comes', () => {
    expect(given(planned(pending)).when(plan(running))).toEqual([
      { type: 'NoticeSuperseded', data: { key: pending.key, by: running.key } },
      planned(running),
    ]);
    expect(given(planned(pending), delivered(pending.key, 1)).when(plan(running))).toEqual([planned(running)]);
  });
});

describe('the outcome of a try', () => {
  it('ends the notice when a server took it', () => {
    const { when, state } = given(planned(mail), delivered(mail.key, 1));
    expect(state.get(mail.key)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect(when({ type: 'RecordDelivered', key: mail.key, attempt: 2 })).toEqual([]);
    expect(when(recordFailed(2))).toEqual([]);
  });

  it('puts a failed try off, longer each time, and gives up in the end', () => {
    for (const [index, delayMs] of retryDelaysMs.entries()) {
      const before = index === 0 ? [] : [failed(mail.key, index, 5)];
      expect(given(planned(mail), ...before).when(recordFailed(index + 1))).toMatchObject([
        { type: 'NoticeFailed', data: { attempt: index + 1, retryAt: 1_000 + delayMs } },
      ]);
    }
    const last = given(planned(mail), failed(mail.key, retryDelaysMs.length, 5)).when(
      recordFailed(retryDelaysMs.length + 1),
    );
    expect(last).toMatchObject([{ type: 'NoticeFailed', data: { retryAt: undefined } }]);
  });

  it('gives up at once where trying again is useless', () => {
    expect(given(planned(mail)).when(recordFailed(1, { isPermanent: true }))).toMatchObject([
      { data: { retryAt: undefined } },
    ]);
  });

  it('waits as long as the server asked for, an hour at most', () => {
    expect(given(planned(mail)).when(recordFailed(1, { notBefore: 91_000 }))).toMatchObject([
      { data: { retryAt: 91_000 } },
    ]);
    expect(given(planned(mail)).when(recordFailed(1, { notBefore: 10 ** 15 }))).toMatchObject([
      { data: { retryAt: 3_601_000 } },
    ]);
  });

  it('is counted once however often it is told', () => {
    expect(given(planned(mail), failed(mail.key, 1, 5)).when(recordFailed(1))).toEqual([]);
    expect(given().when(recordFailed(1))).toEqual([]);
  });

  it('of a superseded status is kept when it was a success', () => {
    const superseded: NotificationEvent = { type: 'NoticeSuperseded', data: { key: pending.key, by: running.key } };
    const { when } = given(planned(pending), superseded);
    expect(when({ type: 'RecordDelivered', key: pending.key, attempt: 1 })).toMatchObject([
      { type: 'NoticeDelivered' },
    ]);
    expect(
      when({ type: 'RecordFailed', key: pending.key, attempt: 1, message: '', now: 1, isPermanent: false }),
    ).toEqual([]);
  });
});

const finishedAt = 50_000;
const waitingForLogs: BuildFacts = {
  ...noFacts,
  finished: { outcome: 'failed', at: finishedAt },
  openLogs: new Set(['s1/3']),
};
const keysOf = (notices: readonly { notice: Notice }[]) => notices.map(({ notice }) => notice.key);

describe('when a notice is due', () => {
  it('is at once for a status, and for a mail once the logs have ended', () => {
    const { state } = given(planned(mail), planned(pending));
    expect(keysOf(dueNotices(state, waitingForLogs, finishedAt))).toEqual([pending.key]);
    expect(keysOf(dueNotices(state, { ...waitingForLogs, openLogs: new Set() }, finishedAt))).toEqual([
      mail.key,
      pending.key,
    ]);
  });

  it('is a minute after the end for a mail whose logs are not sealed', () => {
    const { state } = given(planned(mail));
    expect(nextDueAt(state, waitingForLogs)).toBe(finishedAt + sealWaitMs);
    expect(dueNotices(state, waitingForLogs, finishedAt + sealWaitMs - 1)).toEqual([]);
    expect(keysOf(dueNotices(state, waitingForLogs, finishedAt + sealWaitMs))).toEqual([mail.key]);
  });

  it('is when the retry says', () => {
    const { state } = given(planned(mail), failed(mail.key, 1, 70_000));
    expect(nextDueAt(state, waitingForLogs)).toBe(70_000);
    expect(dueNotices(state, waitingForLogs, 69_999)).toEqual([]);
  });

  it('is never again for what has ended', () => {
    const superseded: NotificationEvent = { type: 'NoticeSuperseded', data: { key: pending.key, by: running.key } };
    const { state } = given(
      planned(mail),
      delivered(mail.key, 1),
      planned(pending),
      superseded,
      planned(running),
      failed(running.key, 1),
    );
    expect(nextDueAt(state, waitingForLogs)).toBeUndefined();
    expect(dueNotices(state, waitingForLogs, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});

describe('the facts of a build', () => {
  const jobId = JobId.parse('j1');
  const summary = { bytes: 1, lines: 1, crc32: 1, truncated: false };
  const ended = (step: string, fence: number): FactEvent => ({
    type: 'StepEnded',
    occurredAt: 1,
    data: {
      jobId,
      attempt: 1,
      fence,
      stepId: StepId.parse(step),
      outcome: 'succeeded',
      ignored: false,
      endedAt: 1,
      log: summary,
    },
  });
  const sealed = (step: string, fence: number): FactEvent => ({
    type: 'LogSealed',
    occurredAt: 1,
    data: { projectId, buildId, jobId, stepId: StepId.parse(step), fence, summary },
  });
  const factsOf = (...events: FactEvent[]) => events.reduce(evolveFacts, noFacts);

  it('know which logs are still to be sealed, in whatever order the two streams are read', () => {
    expect(haveLogsEnded(factsOf(ended('s1', 3), ended('s2', 3), sealed('s1', 3)))).toBe(false);
    expect(haveLogsEnded(factsOf(ended('s1', 3), sealed('s2', 3), ended('s2', 3), sealed('s1', 3)))).toBe(true);
  });

  it('expect no seal of an attempt that was lost', () => {
    const lost: FactEvent = {
      type: 'JobLost',
      occurredAt: 1,
      data: { jobId, attempt: 1, fence: 3, runnerId: RunnerId.parse('r'), reason: { code: 'x', message: 'x' } },
    };
    expect(haveLogsEnded(factsOf(ended('s1', 3), lost))).toBe(true);
    expect(haveLogsEnded(factsOf(ended('s1', 3), lost, ended('s1', 9)))).toBe(false);
  });
});
