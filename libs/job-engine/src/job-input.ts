import type { BuildId, JobAssignment, JobId, ProjectId } from '@cyclone/contracts';

/** What of an assignment the engine needs to carry out one attempt at a job. */
export type JobInput = Pick<
  JobAssignment,
  | 'projectId'
  | 'buildId'
  | 'attempt'
  | 'fence'
  | 'trust'
  | 'job'
  | 'source'
  | 'environment'
  | 'secrets'
  | 'registries'
  | 'deadlineAt'
>;

/** Names one attempt at one job for ever: everything an executor makes carries it. */
export interface Attempt {
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly attempt: number;
  readonly fence: number;
}

export const attemptOf = (input: JobInput): Attempt => ({
  projectId: input.projectId,
  buildId: input.buildId,
  jobId: input.job.id,
  attempt: input.attempt,
  fence: input.fence,
});

export const attemptKey = (attempt: Attempt): string => `${attempt.buildId}/${attempt.jobId}/${attempt.fence}`;
