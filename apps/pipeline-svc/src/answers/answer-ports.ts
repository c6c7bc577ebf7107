import type { ProjectId, ProjectView } from '@cyclone/contracts';
import type { Builds } from '../build/builds.js';
import type { ClaimJob } from '../build/claim/claim-job.js';
import type { RequestBuild } from '../build/request/request-build.js';
import type { BuildViews } from '../projections/build-views.js';
import type { ProjectViews } from '../projections/project-views.js';
import type { Projects } from '../project/projects.js';
import type { BuildQueries } from '../queries/build-queries.js';
import type { AnnounceRunner } from '../runners/announce-runner.js';
import type { RunnerLeases } from '../runners/runner-leases.js';
import type { DispatchReadyJobs } from '../scheduling/dispatch-ready-jobs.reactor.js';
import type { JobTokens } from '../tokens/job-token.js';

/** What the answering controllers are given; the composition root makes it. */
export interface AnswerPorts {
  readonly projects: Projects;
  readonly projectViews: ProjectViews;
  readonly readProject: (projectId: ProjectId) => Promise<ProjectView>;
  readonly builds: Builds;
  readonly buildViews: BuildViews;
  readonly requestBuild: RequestBuild;
  readonly queries: BuildQueries;
  readonly claimJob: ClaimJob;
  readonly announceRunner: AnnounceRunner;
  readonly leases: RunnerLeases;
  readonly dispatch: DispatchReadyJobs;
  readonly tokens: JobTokens;
}

export const ports = Symbol('answer ports');
