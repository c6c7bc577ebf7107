import { describe, expect, it } from '@jest/globals';
import type { BuildEvent } from '@cyclone/contracts';
import { finished, plannedEvent, requestedEvent } from '../../../testing/build-samples.js';
import {
  cancelGraceMs,
  decideBuildTimeout,
  evolveBuildTimeout,
  initialBuildTimeout,
  timeoutDueAt,
} from './build-timeouts.js';

const after = (...events: readonly (readonly [number, BuildEvent])[]) =>
  events.reduce(
    (state, [occurredAt, event]) => evolveBuildTimeout(state, { ...event, occurredAt }),
    initialBuildTimeout,
  );
const reason = { code: 'asked', message: 'asked' };
const cancelled = { type: 'BuildCancelRequested', data: { reason, outcome: 'cancelled' } } as const;

describe('the deadline of a build', () => {
  it('counts from its request, whatever happens meanwhile', () => {
    const state = after([1_000, requestedEvent], [30_000, plannedEvent({ id: 'a' })]);
    expect(timeoutDueAt(state)).toBe(61_000);
    expect(decideBuildTimeout(state, 60_999)).toBeUndefined();
    expect(decideBuildTimeout(state, 61_000)).toMatchObject({
      type: 'TimeOutBuild',
      reason: { code: 'build-timed-out' },
    });
  });
  it('becomes a grace for the runners when the build is told to stop', () => {
    const state = after([1_000, requestedEvent], [2_000, cancelled]);
    expect(decideBuildTimeout(state, 61_000)).toBeUndefined();
    expect(decideBuildTimeout(state, 2_000 + cancelGraceMs)).toMatchObject({ type: 'GiveUpOnRunners' });
  });
  it('is over with the build', () => {
    const state = after([1_000, requestedEvent], [2_000, finished('succeeded')]);
    expect(timeoutDueAt(state)).toBeUndefined();
    expect(decideBuildTimeout(state, 1e12)).toBeUndefined();
  });
});
