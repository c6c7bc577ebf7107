import {
  BuildId,
  CommitSha,
  DeliveryId,
  JobId,
  ProjectId,
  RunnerId,
  SecretName,
  StepId,
  type BuildEvent,
  type PlannedJobSummary,
} from '@cyclone/contracts';

/** Made-up builds for specs: short to write, legal in every field. */
export const projectId = ProjectId.parse('shop');
export const buildId = BuildId.parse('b1');
export const runnerId = RunnerId.parse('runner-1');
export const otherRunnerId = RunnerId.parse('runner-2');
export const sha = CommitSha.parse('a'.repeat(40));
export const digest = `sha256:${'0'.repeat(64)}`;
export const jobId = (name: string): JobId => JobId.parse(name);
export const stepId = (name: string): StepId => StepId.parse(name);

export const requestedEvent: Extract<BuildEvent, { type: 'BuildRequested' }> = {
  type: 'BuildRequested',
  data: {
    projectId,
    number: 1,
    trigger: {
      kind: 'change',
      deliveryId: DeliveryId.parse('d1'),
      change: { kind: 'push', ref: 'refs/heads/main', after: sha, message: 'Add a shelf', author: { name: 'Ada' } },
    },
    trust: 'trusted',
    repositoryUrl: 'https://git.example.com/shop.git',
    secretVersions: [{ name: SecretName.parse('TOKEN'), version: 2 }],
    timeoutMs: 60_000,
  },
};

export interface SampleJob {
  readonly id: string;
  readonly needs?: readonly string[];
  readonly runWhen?: 'success' | 'failure' | 'always';
  readonly steps?: readonly string[];
}

export const plannedJob = ({
  id,
  needs = [],
  runWhen = 'success',
  steps = [`${id}-test`],
}: SampleJob): PlannedJobSummary => ({
  id: jobId(id),
  name: id,
  needs: needs.map(jobId),
  runWhen,
  labels: {},
  timeoutMs: 60_000,
  steps: steps.map((step) => ({ id: stepId(step), name: step, stage: 'build', kind: 'run', needs: [] })),
});

export const plannedEvent = (...jobs: readonly SampleJob[]): Extract<BuildEvent, { type: 'BuildPlanned' }> => ({
  type: 'BuildPlanned',
  data: {
    sha,
    ref: 'refs/heads/main',
    commit: { message: 'Add a shelf', authorName: 'Ada' },
    versionName: `ci_${sha}`,
    planDigest: digest,
    file: { path: 'cyclone.yaml', digest, format: 'cyclone' },
    jobs: jobs.map(plannedJob),
    warnings: [],
  },
});

export const queued = (id: string, attempt = 1): BuildEvent => ({
  type: 'JobQueued',
  data: { jobId: jobId(id), attempt },
});
export const claimed = (id: string, attempt = 1, runner = runnerId): BuildEvent => ({
  type: 'JobClaimed',
  data: { jobId: jobId(id), attempt, runnerId: runner, runnerName: runner },
});
export const stepStarted = (id: string, step: string, fence: number, attempt = 1) =>
  ({ type: 'StepStarted', data: { jobId: jobId(id), attempt, fence, stepId: stepId(step), startedAt: 100 } }) as const;
export const stepEnded = (id: string, step: string, fence: number, outcome: 'succeeded' | 'failed' = 'succeeded') =>
  ({
    type: 'StepEnded',
    data: {
      jobId: jobId(id),
      attempt: 1,
      fence,
      stepId: stepId(step),
      outcome,
      exitCode: outcome === 'failed' ? 1 : 0,
      ignored: false,
      endedAt: 200,
    },
  }) as const;
export const jobEnded = (
  id: string,
  outcome: Extract<BuildEvent, { type: 'JobEnded' }>['data']['outcome'],
  reason?: { code: string; message: string },
  attempt = 1,
): BuildEvent => ({
  type: 'JobEnded',
  data: { jobId: jobId(id), attempt, outcome, ...(reason === undefined ? {} : { reason }) },
});
export const finished = (outcome: Extract<BuildEvent, { type: 'BuildFinished' }>['data']['outcome']): BuildEvent => ({
  type: 'BuildFinished',
  data: { outcome },
});
