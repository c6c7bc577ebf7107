import { describe, expect, it } from '@jest/globals';
import { BuildView, type BuildEvent } from '@cyclone/contracts';
import {
  buildId,
  claimed,
  finished,
  jobEnded,
  jobId,
  otherRunnerId,
  plannedEvent,
  queued,
  requestedEvent,
  runnerId,
  sha,
  stepEnded,
  stepStarted,
} from '../testing/build-samples.js';
import { foldBuildView, type BuildViewEvent } from './build-view.projection.js';

const recorded = (events: readonly BuildEvent[]): BuildViewEvent[] =>
  events.map((event, index) => ({
    ...event,
    streamId: buildId,
    streamVersion: index + 1,
    position: index + 10,
    occurredAt: index * 1_000,
  }));
const fold = (events: readonly BuildViewEvent[], from?: BuildView): BuildView => {
  const view = events.reduce<BuildView | undefined>((folded, event) => foldBuildView(folded, event), from);
  return BuildView.parse(view);
};
const lost = {
  type: 'JobLost',
  data: {
    jobId: jobId('a'),
    attempt: 1,
    fence: 4,
    runnerId,
    reason: { code: 'runner-lost', message: 'gone' },
  },
} as const;
const whole: BuildEvent[] = [
  requestedEvent,
  plannedEvent({ id: 'a', steps: ['a-1', 'a-2'] }, { id: 'b', needs: ['a'] }),
  queued('a'),
  claimed('a'),
  stepStarted('a', 'a-1', 4),
  stepEnded('a', 'a-1', 4, 'failed'),
  jobEnded('a', 'failed'),
  jobEnded('b', 'skipped'),
  finished('failed'),
];

describe('the view of a build', () => {
  it('begins with what the trigger told', () => {
    expect(fold(recorded([requestedEvent]))).toMatchObject({
      status: 'requested',
      sha,
      ref: 'refs/heads/main',
      authorName: 'Ada',
      jobs: [],
      position: 10,
    });
  });
  it('follows the build to its end, and leaves no step waiting behind an ended job', () => {
    const view = fold(recorded(whole));
    expect(view).toMatchObject({
      status: 'finished',
      outcome: 'failed',
      startedAt: 3_000,
      finishedAt: 8_000,
      streamVersion: 9,
    });
    expect(view.jobs[0]).toMatchObject({
      status: 'ended',
      outcome: 'failed',
      attempt: 1,
      fence: 4,
      runnerName: runnerId,
    });
    expect(view.jobs[0]?.steps.map((step) => [step.status, step.outcome, step.startedAt])).toEqual([
      ['ended', 'failed', 100],
      ['ended', 'skipped', undefined],
    ]);
    expect(view.jobs[1]).toMatchObject({ status: 'ended', outcome: 'skipped' });
  });
  it('begins another attempt with nothing of the one before', () => {
    const view = fold(recorded([...whole.slice(0, 5), lost, queued('a', 2), claimed('a', 2, otherRunnerId)]));
    expect(view.jobs[0]).toMatchObject({ status: 'running', attempt: 2, fence: 8, runnerId: otherRunnerId });
    expect(view.jobs[0]?.steps[0]).toMatchObject({ status: 'waiting' });
    expect(view.jobs[0]?.steps[0]?.fence).toBeUndefined();
  });
  it('is changed by nothing that it has seen, except to learn its place in the world', () => {
    const events = recorded(whole);
    const view = fold(events);
    expect(fold(events, view)).toEqual(view);
    const unplaced = fold(events.map((event) => ({ ...event, position: undefined })));
    expect(unplaced.position).toBe(0);
    expect(fold(events, unplaced)).toEqual(view);
  });
});
