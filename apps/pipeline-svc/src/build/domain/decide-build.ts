import type { BuildEvent, JobId, JobOutcome } from '@cyclone/contracts';
import { accept, acceptNothing, reject, type Decision } from '@cyclone/event-store';
import { assertNever } from './assert-never.js';
import type { BuildCommand, RecordJobEnded, RecordRunnerLost } from './build-commands.js';
import {
  buildAlreadyFinished,
  buildNotFound,
  jobNotAvailable,
  planGraphBroken,
  stepsStillOpen,
  type BuildRejection,
} from './build-rejections.js';
import type { BuildState, CancelState, OpenBuild, RunningJob } from './build-state.js';
import { closeRunningSteps, endJobs } from './end-jobs.js';
import { graphFault } from './job-graph.js';

type BuildDecision = Decision<BuildEvent, BuildRejection>;
type CommandOf<Type extends BuildCommand['type']> = Extract<BuildCommand, { type: Type }>;

export const decideBuild = (command: BuildCommand, state: BuildState): BuildDecision => {
  switch (command.type) {
    case 'RequestBuild':
      return state.status === 'unknown' ? accept({ type: 'BuildRequested', data: command.request }) : acceptNothing;
    case 'RecordPlan':
      return recordPlan(command, state);
    case 'RejectBuild':
      return rejectBuild(command, state);
    case 'ClaimJob':
      return claimJob(command, state);
    case 'RecordStepStarted':
      return recordStepStarted(command, state);
    case 'RecordStepEnded':
      return recordStepEnded(command, state);
    case 'RecordImagePublished':
      return heldJob(state, command.image) === undefined
        ? acceptNothing
        : accept({ type: 'ImagePublished', data: command.image });
    case 'RecordJobEnded':
      return recordJobEnded(command, state);
    case 'RecordRunnerLost':
      return recordRunnerLost(command, state);
    case 'CancelBuild':
      if (state.status === 'finished') return reject(buildAlreadyFinished);
      return stopBuild({ reason: command.reason, outcome: 'cancelled' }, state);
    case 'TimeOutBuild':
      if (state.status === 'finished') return acceptNothing;
      return stopBuild({ reason: command.reason, outcome: 'timed_out' }, state);
    case 'GiveUpOnRunners':
      return giveUpOnRunners(command, state);
    default:
      return assertNever(command);
  }
};

const recordPlan = ({ plan }: CommandOf<'RecordPlan'>, state: BuildState): BuildDecision => {
  if (state.status === 'unknown') return reject(buildNotFound);
  if (state.status !== 'requested') return acceptNothing;
  const fault = graphFault(plan.jobs);
  if (fault !== undefined) return reject(planGraphBroken(fault));
  const jobs: OpenBuild['jobs'] = new Map(plan.jobs.map((planned) => [planned.id, { status: 'waiting', planned }]));
  return accept(
    { type: 'BuildPlanned', data: plan },
    ...endJobs({ status: 'open', projectId: state.projectId, jobs }, new Map()),
  );
};

const rejectBuild = ({ rejection }: CommandOf<'RejectBuild'>, state: BuildState): BuildDecision => {
  if (state.status === 'unknown') return reject(buildNotFound);
  if (state.status !== 'requested') return acceptNothing;
  return accept(
    { type: 'BuildRejected', data: rejection },
    { type: 'BuildFinished', data: { outcome: 'rejected', reason: rejection.reason } },
  );
};

const claimJob = (command: CommandOf<'ClaimJob'>, state: BuildState): BuildDecision => {
  if (state.status === 'unknown') return reject(buildNotFound);
  if (state.status !== 'open') return reject(jobNotAvailable(`the build is ${state.status}`));
  const job = state.jobs.get(command.jobId);
  if (job === undefined) return reject(jobNotAvailable('the build has no such job'));
  if (job.status === 'waiting') return reject(jobNotAvailable('the job is not ready yet'));
  if (job.attempt !== command.attempt) return reject(jobNotAvailable(`attempt ${job.attempt} is the current one`));
  if (job.status === 'running' && job.runnerId === command.runnerId) return acceptNothing;
  if (job.status !== 'queued') return reject(jobNotAvailable(`the job is already ${job.status}`));
  const { jobId, attempt, runnerId, runnerName } = command;
  return accept({ type: 'JobClaimed', data: { jobId, attempt, runnerId, runnerName } });
};

/** The job, if the report comes from the attempt that owns it; late and fenced-off reports find nothing. */
const heldJob = (
  state: BuildState,
  report: { readonly jobId: JobId; readonly attempt: number; readonly fence: number },
): RunningJob | undefined => {
  if (state.status !== 'open') return undefined;
  const job = state.jobs.get(report.jobId);
  if (job?.status !== 'running') return undefined;
  return job.fence === report.fence && job.attempt === report.attempt ? job : undefined;
};

const recordStepStarted = ({ step }: CommandOf<'RecordStepStarted'>, state: BuildState): BuildDecision =>
  heldJob(state, step)?.steps.get(step.stepId)?.status === 'waiting'
    ? accept({ type: 'StepStarted', data: step })
    : acceptNothing;

/** An end implies its start: a step whose start was never told may end. */
const recordStepEnded = ({ step }: CommandOf<'RecordStepEnded'>, state: BuildState): BuildDecision => {
  const known = heldJob(state, step)?.steps.get(step.stepId);
  if (known === undefined || known.status === 'ended') return acceptNothing;
  return accept({ type: 'StepEnded', data: step });
};

const recordJobEnded = (command: RecordJobEnded, state: BuildState): BuildDecision => {
  const job = heldJob(state, command);
  if (job === undefined || state.status !== 'open') return acceptNothing;
  if (command.openSteps === 'wait' && lacksReports(job, command.outcome)) return reject(stepsStillOpen);
  const reason = { code: 'job-ended', message: 'the job ended before the step did' };
  return accept(
    ...closeRunningSteps(job, reason, command.at),
    ...endJobs(state, new Map([[command.jobId, { outcome: command.outcome, reason: command.reason }]])),
  );
};

/** A runner tells the end of each step before the job's. Only of a job that did not go well may steps never have begun. */
const lacksReports = ({ steps }: RunningJob, outcome: RecordJobEnded['outcome']): boolean =>
  [...steps.values()].some(({ status }) => (outcome === 'succeeded' ? status !== 'ended' : status === 'running'));

const recordRunnerLost = (command: RecordRunnerLost, state: BuildState): BuildDecision => {
  if (state.status !== 'open') return acceptNothing;
  const job = state.jobs.get(command.jobId);
  if (job?.status !== 'running' || job.fence !== command.fence) return acceptNothing;
  const { jobId, fence, reason } = command;
  const { runnerId } = job;
  const lost: BuildEvent[] = [
    ...closeRunningSteps(job, reason, command.at),
    { type: 'JobLost', data: { jobId, attempt: job.attempt, fence, runnerId, reason } },
  ];
  if (state.cancel !== undefined) {
    return accept(...lost, ...endJobs(state, new Map([[jobId, { outcome: state.cancel.outcome, reason }]])));
  }
  if (job.attempt < command.attemptsMax) {
    return accept(...lost, { type: 'JobQueued', data: { jobId, attempt: job.attempt + 1 } });
  }
  return accept(...lost, ...endJobs(state, new Map([[jobId, { outcome: 'lost', reason }]])));
};

/** What no runner holds ends at once; what one holds ends by its report, by its lost lease, or when we give up on it. */
const stopBuild = (cancel: CancelState, state: BuildState): BuildDecision => {
  if (state.status === 'unknown') return reject(buildNotFound);
  if (state.status === 'finished') return acceptNothing;
  const asked = { type: 'BuildCancelRequested', data: cancel } as const;
  if (state.status === 'requested') {
    return accept<BuildEvent>(asked, {
      type: 'BuildFinished',
      data: { outcome: cancel.outcome, reason: cancel.reason },
    });
  }
  if (state.cancel !== undefined) return acceptNothing;
  return accept<BuildEvent>(asked, ...endJobs({ ...state, cancel }, new Map()));
};

const giveUpOnRunners = (command: CommandOf<'GiveUpOnRunners'>, state: BuildState): BuildDecision => {
  if (state.status !== 'open' || state.cancel === undefined) return acceptNothing;
  const running = [...state.jobs.values()].filter((job): job is RunningJob => job.status === 'running');
  const outcome: JobOutcome = state.cancel.outcome;
  return accept(
    ...running.flatMap((job) => closeRunningSteps(job, command.reason, command.at)),
    ...endJobs(state, new Map(running.map((job) => [job.planned.id, { outcome, reason: command.reason }]))),
  );
};
