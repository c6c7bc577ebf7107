import {
  BuildId,
  type BuildEvent,
  type BuildView,
  type EpochMs,
  type JobId,
  type JobView,
  type StepId,
  type StepView,
  type Trigger,
} from '@cyclone/contracts';
import { assertNever } from '../build/domain/assert-never.js';

/** An event of a build's stream as a fold needs it; `position` is missing until the sequencer has been there. */
export type BuildViewEvent = BuildEvent & {
  readonly streamId: string;
  readonly streamVersion: number;
  readonly position: number | undefined;
  readonly occurredAt: EpochMs;
};

/**
 * One event further. The same fold makes the stored view, the view as it was at some moment, and the check that the
 * stored one is right. An event that the view has seen changes nothing but a position that was not known then.
 */
export const foldBuildView = (view: BuildView | undefined, event: BuildViewEvent): BuildView => {
  if (view !== undefined && event.streamVersion <= view.streamVersion) {
    const newer = event.streamVersion === view.streamVersion && (event.position ?? 0) > view.position;
    return newer ? { ...view, position: event.position ?? 0 } : view;
  }
  const place = { streamVersion: event.streamVersion, position: event.position ?? view?.position ?? 0 };
  if (view === undefined) {
    if (event.type !== 'BuildRequested') throw new Error('the stream of a build must begin with BuildRequested');
    return { ...requested(event), ...place };
  }
  return { ...view, ...changes(view, event), ...place };
};

const requested = (event: Extract<BuildViewEvent, { type: 'BuildRequested' }>): BuildView => ({
  id: BuildId.parse(event.streamId),
  projectId: event.data.projectId,
  number: event.data.number,
  status: 'requested',
  trigger: event.data.trigger,
  trust: event.data.trust,
  ...announcedCommit(event.data.trigger),
  requestedAt: event.occurredAt,
  streamVersion: event.streamVersion,
  position: 0,
  repositoryUrl: event.data.repositoryUrl,
  problems: [],
  warnings: [],
  jobs: [],
  images: [],
});

/** What the trigger told of the commit; the plan replaces it by what the repository says. */
const announcedCommit = (trigger: Trigger): Pick<BuildView, 'message' | 'authorName' | 'sha' | 'ref'> => {
  const change = trigger.kind === 'manual' ? undefined : trigger.change;
  const sha = trigger.kind === 'change' ? trigger.change.after : trigger.sha;
  return {
    message: change?.message ?? (trigger.kind === 'manual' ? (trigger.message ?? '') : ''),
    authorName: change?.author.name ?? '',
    ref: trigger.kind === 'change' ? trigger.change.ref : trigger.ref,
    ...(sha === undefined ? {} : { sha }),
  };
};

const changes = (view: BuildView, event: BuildViewEvent): Partial<BuildView> => {
  switch (event.type) {
    case 'BuildRequested':
      throw new Error('a build is requested once');
    case 'BuildPlanned':
      return planned(event);
    case 'BuildRejected':
      return { problems: event.data.problems, reason: event.data.reason };
    case 'BuildCancelRequested':
      return { status: 'cancelling', cancel: { reason: event.data.reason, requestedAt: event.occurredAt } };
    case 'BuildFinished':
      return {
        status: 'finished',
        outcome: event.data.outcome,
        finishedAt: event.occurredAt,
        ...(event.data.reason === undefined ? {} : { reason: event.data.reason }),
      };
    case 'ImagePublished': {
      const { stepId, repository, digest, tags, sizeBytes } = event.data;
      const image = { stepId, repository, digest, tags, publishedAt: event.occurredAt };
      return { images: [...view.images, sizeBytes === undefined ? image : { ...image, sizeBytes }] };
    }
    case 'JobClaimed':
      return {
        ...(view.status === 'queued' ? { status: 'running' } : {}),
        startedAt: view.startedAt ?? event.occurredAt,
        jobs: withJob(view.jobs, event.data.jobId, (job) => jobClaimed(job, event)),
      };
    case 'JobQueued':
      return { jobs: withJob(view.jobs, event.data.jobId, (job) => jobQueued(job, event)) };
    case 'JobLost':
      return { jobs: withJob(view.jobs, event.data.jobId, (job) => ({ ...job, reason: event.data.reason })) };
    case 'JobEnded':
      return { jobs: withJob(view.jobs, event.data.jobId, (job) => jobEnded(job, event)) };
    case 'StepStarted': {
      const { stepId, fence, startedAt, image, imageDigest } = event.data;
      const started = defined({ status: 'running' as const, fence, startedAt, image, imageDigest });
      return { jobs: withStep(view.jobs, event.data.jobId, stepId, (step) => ({ ...step, ...started })) };
    }
    case 'StepEnded': {
      const { stepId, fence, outcome, ignored, exitCode, reason, startedAt, endedAt, log } = event.data;
      const ended = defined({
        status: 'ended' as const,
        fence,
        outcome,
        ignored,
        exitCode,
        reason,
        startedAt,
        endedAt,
        log,
      });
      return { jobs: withStep(view.jobs, event.data.jobId, stepId, (step) => ({ ...step, ...ended })) };
    }
    default:
      return assertNever(event);
  }
};

type Of<Type extends BuildViewEvent['type']> = Extract<BuildViewEvent, { type: Type }>;

const planned = ({ data }: Of<'BuildPlanned'>): Partial<BuildView> => ({
  status: 'queued',
  sha: data.sha,
  ref: data.ref,
  versionName: data.versionName,
  planDigest: data.planDigest,
  pipelineFile: data.file,
  warnings: data.warnings,
  message: data.commit.message,
  authorName: data.commit.authorName,
  jobs: data.jobs.map((job) => ({
    id: job.id,
    name: job.name,
    needs: job.needs,
    labels: job.labels,
    status: 'waiting',
    attempt: 0,
    steps: job.steps.map(waitingStep),
  })),
});

const waitingStep = ({
  id,
  name,
  stage,
  kind,
  needs,
}: Pick<StepView, 'id' | 'name' | 'stage' | 'kind' | 'needs'>): StepView => ({
  id,
  name,
  stage,
  kind,
  needs,
  status: 'waiting',
  ignored: false,
});

/** Another attempt begins with nothing of the one before. */
const jobQueued = ({ id, name, needs, labels, steps }: JobView, event: Of<'JobQueued'>): JobView => ({
  id,
  name,
  needs,
  labels,
  status: 'queued',
  attempt: event.data.attempt,
  queuedAt: event.occurredAt,
  steps: steps.map(waitingStep),
});

const jobClaimed = (job: JobView, event: Of<'JobClaimed'>): JobView => ({
  ...job,
  status: 'running',
  attempt: event.data.attempt,
  fence: event.streamVersion,
  runnerId: event.data.runnerId,
  runnerName: event.data.runnerName,
  startedAt: event.occurredAt,
});

/** Steps that never began are skipped with their job: they have no event of their own. */
const jobEnded = (job: JobView, event: Of<'JobEnded'>): JobView => ({
  ...job,
  status: 'ended',
  outcome: event.data.outcome,
  endedAt: event.occurredAt,
  ...(event.data.reason === undefined ? {} : { reason: event.data.reason }),
  steps: job.steps.map((step) => (step.status === 'waiting' ? { ...step, status: 'ended', outcome: 'skipped' } : step)),
});

const withJob = (jobs: readonly JobView[], jobId: JobId, change: (job: JobView) => JobView): JobView[] =>
  jobs.map((job) => (job.id === jobId ? change(job) : job));

const withStep = (
  jobs: readonly JobView[],
  jobId: JobId,
  stepId: StepId,
  change: (step: StepView) => StepView,
): JobView[] =>
  withJob(jobs, jobId, (job) => ({
    ...job,
    steps: job.steps.map((step) => (step.id === stepId ? change(step) : step)),
  }));

/** The fields that are there: an absent one must not hide what an earlier event said. */
const defined = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
