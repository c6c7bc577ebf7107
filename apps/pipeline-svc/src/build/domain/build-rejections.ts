import type { Rejection } from '@cyclone/event-store';

/** What the Build refuses, each with a stable code. Late and repeated reports are no refusals: they decide to nothing. */
export type BuildRejection = Rejection & {
  readonly code:
    'build-not-found' | 'build-already-finished' | 'job-not-available' | 'plan-graph-broken' | 'steps-still-open';
};

export const buildNotFound: BuildRejection = { code: 'build-not-found', message: 'there is no such build' };

export const buildAlreadyFinished: BuildRejection = {
  code: 'build-already-finished',
  message: 'the build has already finished; start it again instead',
};

export const stepsStillOpen: BuildRejection = {
  code: 'steps-still-open',
  message: 'the job has ended, and the ends of its steps are not known yet',
};

export const jobNotAvailable = (message: string): BuildRejection => ({ code: 'job-not-available', message });

export const planGraphBroken = (message: string): BuildRejection => ({ code: 'plan-graph-broken', message });
