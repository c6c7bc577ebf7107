import {
  CommandId,
  type BuildId,
  type HeldJob,
  type JobAssignment,
  type JobClaimRequest,
  type RunnerId,
} from '@cyclone/contracts';
import { followTrace } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import type { Clock } from '../../clock.js';
import { refuse } from '../../refusals.js';
import type { RunnerLeases } from '../../runners/runner-leases.js';
import type { JobTokens } from '../../tokens/job-token.js';
import type { Builds } from '../builds.js';
import { buildNotFound, jobNotAvailable } from '../domain/build-rejections.js';
import type { Beginning, JobAssignments } from './job-assignments.js';

export interface ClaimJobPorts {
  readonly builds: Builds;
  readonly assignments: JobAssignments;
  readonly tokens: JobTokens;
  readonly leases: RunnerLeases;
  readonly now: Clock;
  readonly failpoint: Failpoint;
}

/** Gives a queued job to the runner that asks first, with all it needs for it and nothing more. */
export class ClaimJob {
  constructor(private readonly ports: ClaimJobPorts) {}

  async claim(request: JobClaimRequest): Promise<JobAssignment> {
    const { builds, leases, assignments, failpoint } = this.ports;
    const { buildId, jobId, attempt, runnerId, runnerName } = request;
    const beginning = await this.#beginning(buildId);
    const { requested } = beginning;
    const handled = await builds.carryOut(
      buildId,
      requested.data.projectId,
      { type: 'ClaimJob', jobId, attempt, runnerId, runnerName },
      {
        commandId: CommandId.parse(`claim/${jobId}/${attempt}/${runnerId}`),
        actor: { kind: 'runner', id: runnerId, name: runnerName },
        trace: followTrace(requested.trace, requested.id),
      },
    );
    if (handled.kind === 'rejected') throw refuse(handled.rejection);
    failpoint('after-claim');
    const job = handled.state.status === 'open' ? handled.state.jobs.get(jobId) : undefined;
    if (job?.status !== 'running' || job.runnerId !== runnerId || job.attempt !== attempt) {
      throw refuse(jobNotAvailable('the attempt is over'));
    }
    const [assignment] = await Promise.all([assignments.assemble(beginning, job, runnerId), leases.takeSlot(runnerId)]);
    return assignment;
  }

  /** For a runner that was away: its claim still stands, or it is fenced off. */
  async resume(runnerId: RunnerId, held: HeldJob, token: string): Promise<JobAssignment> {
    const { builds, assignments, tokens, now } = this.ports;
    const { state } = await builds.load(held.buildId);
    const job = state.status === 'open' ? state.jobs.get(held.jobId) : undefined;
    const claims = tokens.readExpired(token, now());
    const isHolder =
      job?.status === 'running' &&
      job.runnerId === runnerId &&
      job.fence === held.fence &&
      job.attempt === held.attempt;
    const isHolders =
      claims?.runnerId === runnerId &&
      claims.buildId === held.buildId &&
      claims.jobId === held.jobId &&
      claims.fence === held.fence;
    if (!isHolder || !isHolders)
      throw refuse({ code: 'fenced-off', message: 'this attempt does not own the job any more' });
    return assignments.assemble(await this.#beginning(held.buildId), job, runnerId);
  }

  /** A plan is recorded in the commit after the request's: what is claimable begins with these two. */
  async #beginning(buildId: BuildId): Promise<Beginning> {
    const [requested, planned] = await this.ports.builds.history(buildId, { limit: 2 });
    if (requested?.type !== 'BuildRequested') throw refuse(buildNotFound);
    if (planned?.type !== 'BuildPlanned') throw refuse(jobNotAvailable('the build has no plan'));
    return { requested, planned };
  }
}
