import {
  CommandId,
  CredentialKey,
  Plan,
  type BuildId,
  type HeldJob,
  type JobAssignment,
  type JobClaimRequest,
  type JobId,
  type PlannedJob,
  type RunnerId,
  type SourceAccess,
} from '@cyclone/contracts';
import type { ContentStore } from '@cyclone/event-store';
import { followTrace } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import type { Clock } from '../../clock.js';
import type { JudgeSource } from '../../planning/source-reader.js';
import type { KnownProject, Projects } from '../../project/projects.js';
import { refuse } from '../../refusals.js';
import type { RunnerLeases } from '../../runners/runner-leases.js';
import type { JobTokens } from '../../tokens/job-token.js';
import type { Builds, PlannedEvent, RequestedEvent } from '../builds.js';
import { buildNotFound, jobNotAvailable } from '../domain/build-rejections.js';
import type { RunningJob } from '../domain/build-state.js';
import { ciEnvironment } from './ci-environment.js';
import { secretsNamedBy } from './named-secrets.js';

export interface ClaimJobPorts {
  readonly builds: Builds;
  readonly projects: Projects;
  readonly contents: ContentStore;
  readonly tokens: JobTokens;
  readonly leases: RunnerLeases;
  readonly judgeSource: JudgeSource;
  readonly now: Clock;
  readonly failpoint: Failpoint;
}

/** Gives a queued job to the runner that asks first, with all it needs for it and nothing more. */
export class ClaimJob {
  constructor(private readonly ports: ClaimJobPorts) {}

  async claim(request: JobClaimRequest): Promise<JobAssignment> {
    const { builds, leases, failpoint } = this.ports;
    const { buildId, jobId, attempt, runnerId, runnerName } = request;
    const requested = await builds.request(buildId);
    if (requested === undefined) throw refuse(buildNotFound);
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
    const [assignment] = await Promise.all([this.#assignment(buildId, job, runnerId), leases.takeSlot(runnerId)]);
    return assignment;
  }

  /** For a runner that was away: its claim still stands, or it is fenced off. */
  async resume(runnerId: RunnerId, held: HeldJob, token: string): Promise<JobAssignment> {
    const { builds, tokens, now } = this.ports;
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
    return this.#assignment(held.buildId, job, runnerId);
  }

  async #assignment(buildId: BuildId, job: RunningJob, runnerId: RunnerId): Promise<JobAssignment> {
    const { builds, projects, tokens, now } = this.ports;
    const { requested, planned } = await this.#beginning(builds, buildId);
    const { projectId, trust, number: buildNumber, timeoutMs } = requested.data;
    const [plannedJob, project] = await Promise.all([
      this.#plannedJob(planned, job.planned.id),
      projects.known(projectId),
    ]);
    if (project === undefined) throw new Error(`build ${buildId} belongs to the unknown project ${projectId}`);
    const jobId = plannedJob.id;
    const [source, secrets, registries] = await Promise.all([
      this.#source(requested, planned, project),
      this.#secrets(requested, plannedJob),
      trust === 'untrusted' ? [] : this.#registries(project),
    ]);
    const { attempt, fence } = job;
    const issued = tokens.issue({ projectId, buildId, jobId, attempt, fence, runnerId }, now());
    return {
      projectId,
      buildId,
      buildNumber,
      attempt,
      fence,
      trust,
      job: plannedJob,
      planDigest: planned.data.planDigest,
      source,
      environment: ciEnvironment({
        projectId,
        projectName: project.settings.name,
        buildId,
        buildNumber,
        jobId,
        jobName: plannedJob.name,
        attempt,
        workspacePath: plannedJob.workspacePath,
        repositoryUrl: requested.data.repositoryUrl,
        trust,
        trigger: requested.data.trigger,
        planned: planned.data,
        requestedAt: requested.occurredAt,
      }),
      secrets,
      registries,
      token: issued.token,
      tokenExpiresAt: issued.expiresAt,
      deadlineAt: requested.occurredAt + timeoutMs,
    };
  }

  /** A plan is recorded in the commit after the request's: both stand at the stream's beginning. */
  async #beginning(builds: Builds, buildId: BuildId): Promise<{ requested: RequestedEvent; planned: PlannedEvent }> {
    const [requested, planned] = await builds.history(buildId, { limit: 2 });
    if (requested?.type !== 'BuildRequested' || planned?.type !== 'BuildPlanned')
      throw new Error(`build ${buildId} has no plan`);
    return { requested, planned };
  }

  async #plannedJob(planned: PlannedEvent, jobId: JobId): Promise<PlannedJob> {
    const bytes = await this.ports.contents.get(planned.data.planDigest);
    if (bytes === undefined) throw new Error(`the plan ${planned.data.planDigest} is not stored`);
    const plan = Plan.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    const plannedJob = plan.jobs.find((job) => job.id === jobId);
    if (plannedJob === undefined) throw new Error(`the stored plan has no job ${jobId}`);
    return plannedJob;
  }

  async #source(requested: RequestedEvent, planned: PlannedEvent, project: KnownProject): Promise<SourceAccess> {
    const { repositoryUrl: url } = requested.data;
    const username = project.settings.repository.cloneUsername;
    const verdict = await this.ports.judgeSource(url);
    const { ref, sha } = planned.data;
    if (verdict.kind === 'folder') return { url, ref, sha, localPath: verdict.path };
    const credential = await this.ports.projects.credentialOf(project, 'clone');
    return {
      url,
      ref,
      sha,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { password: credential.value }),
    };
  }

  /** In the versions of the request. An untrusted build has none; a secret that is not there stays away. */
  async #secrets(requested: RequestedEvent, job: PlannedJob): Promise<Record<string, string>> {
    const { projectId, secretVersions, trust } = requested.data;
    if (trust === 'untrusted') return {};
    const secrets: Record<string, string> = {};
    for (const name of secretsNamedBy(job)) {
      const version = secretVersions.find((secret) => secret.name === name)?.version;
      const value = version === undefined ? undefined : await this.ports.projects.readSecret(projectId, name, version);
      if (value !== undefined) secrets[name] = value;
    }
    return secrets;
  }

  #registries(project: KnownProject): Promise<JobAssignment['registries']> {
    return Promise.all(
      project.settings.registries.map(async ({ host, username }) => {
        const credential = await this.ports.projects.credentialOf(project, CredentialKey.parse(`registry:${host}`));
        return {
          host,
          ...(username === undefined ? {} : { username }),
          ...(credential === undefined ? {} : { password: credential.value }),
        };
      }),
    );
  }
}
