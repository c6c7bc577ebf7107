import type { BuildEvent, EpochMs, JobId, JobOutcome, Reason } from '@cyclone/contracts';
import type { JobState, OpenBuild, RunningJob } from './build-state.js';
import { buildOutcomeOf, settleWaitingJobs } from './job-graph.js';

export interface JobEnd {
  readonly outcome: JobOutcome;
  readonly reason?: Reason | undefined;
}

/**
 * The events of these jobs' ends and all that follows from them: successors queued or skipped, and the build's one
 * end in the same commit as its last job's. In a build that was told to stop, what no runner holds ends too.
 */
export const endJobs = (state: OpenBuild, ends: ReadonlyMap<JobId, JobEnd>): readonly BuildEvent[] => {
  const allEnds = state.cancel === undefined ? ends : new Map([...idleJobs(state, state.cancel), ...ends]);
  const events: BuildEvent[] = [...allEnds].map(([jobId, end]) => jobEnded(state.jobs.get(jobId), jobId, end));
  const outcomes = new Map<JobId, JobOutcome>();
  for (const [jobId, end] of allEnds) outcomes.set(jobId, end.outcome);
  let queued = 0;
  for (const { jobId, next } of settleWaitingJobs(state.jobs, outcomes)) {
    if (next === 'queue') {
      queued += 1;
      events.push({ type: 'JobQueued', data: { jobId, attempt: 1 } });
    } else {
      outcomes.set(jobId, 'skipped');
      events.push(jobEnded(state.jobs.get(jobId), jobId, { outcome: 'skipped', reason: skippedReason }));
    }
  }
  if (queued > 0) return events;
  for (const [jobId, job] of state.jobs) if (job.status === 'ended') outcomes.set(jobId, job.outcome);
  if (outcomes.size < state.jobs.size) return events;
  return [...events, { type: 'BuildFinished', data: finalResult(state, outcomes) }];
};

const skippedReason: Reason = {
  code: 'condition-not-met',
  message: 'what the job needs did not end the way that it waits for',
};

const finalResult = (state: OpenBuild, outcomes: ReadonlyMap<JobId, JobOutcome>) =>
  state.cancel === undefined
    ? { outcome: buildOutcomeOf(outcomes.values()) }
    : { outcome: state.cancel.outcome, reason: state.cancel.reason };

const idleJobs = (state: OpenBuild, end: JobEnd): Map<JobId, JobEnd> =>
  new Map(
    [...state.jobs]
      .filter(([, job]) => job.status === 'waiting' || job.status === 'queued')
      .map(([jobId]) => [jobId, { outcome: end.outcome, reason: end.reason }]),
  );

const jobEnded = (job: JobState | undefined, jobId: JobId, end: JobEnd): BuildEvent => ({
  type: 'JobEnded',
  data: {
    jobId,
    attempt: job === undefined || job.status === 'waiting' ? 1 : job.attempt,
    outcome: end.outcome,
    ...(end.reason === undefined ? {} : { reason: end.reason }),
  },
});

/**
 * No step stays running when its attempt is over. Steps that never began get no event of their own: the job's end
 * says it for all of them, and a job of a thousand steps still ends in one small commit.
 */
export const closeRunningSteps = (job: RunningJob, reason: Reason, at: EpochMs): readonly BuildEvent[] =>
  [...job.steps].flatMap(([stepId, step]): readonly BuildEvent[] =>
    step.status !== 'running'
      ? []
      : [
          {
            type: 'StepEnded',
            data: {
              jobId: job.planned.id,
              attempt: job.attempt,
              fence: job.fence,
              stepId,
              outcome: 'cancelled',
              reason,
              ignored: false,
              startedAt: step.startedAt,
              endedAt: at,
            },
          },
        ],
  );
