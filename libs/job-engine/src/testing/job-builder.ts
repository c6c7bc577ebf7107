import { BuildId, CommitSha, JobId, PlannedJob, ProjectId, type PlannedStep } from '@cyclone/contracts';
import type { z } from 'zod';
import type { JobInput } from '../job-input.js';

type StepDraft = { readonly id: string; readonly kind?: PlannedStep['kind'] } & Record<string, unknown>;

/** A step of a plan from what matters to a spec: by default a `run` step in busybox that needs nothing. */
export const aStep = (draft: StepDraft): Record<string, unknown> => ({
  kind: 'run',
  name: draft.id,
  stage: 'build',
  needs: [],
  runWhen: 'success',
  onFailure: 'fail',
  timeoutMs: 30_000,
  environment: {},
  image: { kind: 'named', name: 'cyclone/busybox:local', pull: 'never' },
  network: 'job',
  limits: {},
  mounts: [],
  extraHosts: [],
  dns: [],
  outputs: [],
  ...draft,
});

/** Environment of plain values, as a plan has it. */
export const plain = (values: Readonly<Record<string, string | number>>): Record<string, { value: string }> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: String(value) }]));

export interface JobDraft extends Partial<Omit<JobInput, 'job' | 'buildId'>> {
  readonly buildId?: string;
  readonly steps: readonly Record<string, unknown>[];
  readonly services?: readonly Record<string, unknown>[];
  readonly jobTimeoutMs?: number;
}

let count = 0;

/** Builds get names of their own, since specs share one Docker engine. */
export const uniqueBuildId = (): string => `b${process.pid}-${(count += 1)}-${Math.random().toString(36).slice(2, 8)}`;

export const aJob = ({ steps, services = [], jobTimeoutMs = 60_000, buildId, ...rest }: JobDraft): JobInput => {
  const job: z.input<typeof PlannedJob> = {
    id: 'main',
    name: 'main',
    needs: [],
    runWhen: 'success',
    labels: {},
    timeoutMs: jobTimeoutMs,
    workspacePath: '/workspace',
    services: services.map((service) => ({ environment: {}, limits: {}, ...service })) as z.input<
      typeof PlannedJob
    >['services'],
    steps: steps as z.input<typeof PlannedJob>['steps'],
  };
  return {
    projectId: ProjectId.parse('shop'),
    buildId: BuildId.parse(buildId ?? uniqueBuildId()),
    attempt: 1,
    fence: 3,
    trust: 'trusted',
    job: PlannedJob.parse(job),
    source: { url: 'https://example.com/shop.git', ref: 'refs/heads/main', sha: CommitSha.parse('a'.repeat(40)) },
    environment: {},
    secrets: {},
    registries: [],
    deadlineAt: Date.now() + 600_000,
    ...rest,
  };
};

export const mainJob = JobId.parse('main');
