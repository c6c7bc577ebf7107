import type { BuildEvent, EpochMs, JobId, StepId } from '@cyclone/contracts';
import { assertNever } from './assert-never.js';
import type { BuildState, JobState, OpenBuild, RunningJob, StepState } from './build-state.js';

export type RecordedBuildEvent = BuildEvent & { readonly streamVersion: number; readonly occurredAt: EpochMs };

/** One event further. An event that cannot follow is a damaged stream: that is a bug, never a refusal. */
export const evolveBuild = (state: BuildState, event: RecordedBuildEvent): BuildState => {
  switch (event.type) {
    case 'BuildRequested':
      return { status: 'requested', projectId: event.data.projectId };
    case 'BuildPlanned':
      return {
        status: 'open',
        projectId: requested(state),
        jobs: new Map(event.data.jobs.map((planned) => [planned.id, { status: 'waiting', planned }])),
      };
    case 'BuildRejected':
      return state;
    case 'BuildCancelRequested':
      return state.status === 'open'
        ? { ...state, cancel: { reason: event.data.reason, outcome: event.data.outcome } }
        : state;
    case 'BuildFinished':
      return { status: 'finished', projectId: requested(state), outcome: event.data.outcome };
    case 'JobQueued':
      return withJob(state, event.data.jobId, (job) => ({
        status: 'queued',
        planned: job.planned,
        attempt: event.data.attempt,
        queuedAt: event.occurredAt,
      }));
    case 'JobClaimed':
      return withJob(state, event.data.jobId, (job) => ({
        status: 'running',
        planned: job.planned,
        attempt: event.data.attempt,
        fence: event.streamVersion,
        runnerId: event.data.runnerId,
        claimedAt: event.occurredAt,
        steps: new Map(job.planned.steps.map((step) => [step.id, { status: 'waiting' }])),
      }));
    case 'StepStarted':
      return withStep(state, event.data.jobId, event.data.stepId, {
        status: 'running',
        startedAt: event.data.startedAt,
      });
    case 'StepEnded':
      return withStep(state, event.data.jobId, event.data.stepId, { status: 'ended' });
    case 'ImagePublished':
    case 'JobLost':
      return state;
    case 'JobEnded':
      return withJob(state, event.data.jobId, (job) => ({
        status: 'ended',
        planned: job.planned,
        attempt: event.data.attempt,
        outcome: event.data.outcome,
      }));
    default:
      return assertNever(event);
  }
};

const requested = (state: BuildState) => {
  if (state.status === 'unknown') throw new Error('the stream of a build must begin with BuildRequested');
  return state.projectId;
};

const withJob = (state: BuildState, jobId: JobId, change: (job: JobState) => JobState): OpenBuild => {
  if (state.status !== 'open') throw new Error(`job ${jobId} changed while the build was ${state.status}`);
  const job = state.jobs.get(jobId);
  if (job === undefined) throw new Error(`job ${jobId} is not in the build's plan`);
  return { ...state, jobs: new Map(state.jobs).set(jobId, change(job)) };
};

const withStep = (state: BuildState, jobId: JobId, stepId: StepId, step: StepState): OpenBuild =>
  withJob(state, jobId, (job) => {
    if (job.status !== 'running') throw new Error(`step ${stepId} changed while its job was ${job.status}`);
    const changed: RunningJob = { ...job, steps: new Map(job.steps).set(stepId, step) };
    return changed;
  });
