import {
  BuildId,
  CredentialKey,
  Plan,
  type JobAssignment,
  type JobId,
  type PlannedJob,
  type RunnerId,
  type SourceAccess,
} from '@cyclone/contracts';
import type { ContentStore } from '@cyclone/event-store';
import type { Clock } from '../../clock.js';
import type { JudgeSource } from '../../planning/source-reader.js';
import type { KnownProject, Projects } from '../../project/projects.js';
import type { JobTokens } from '../../tokens/job-token.js';
import type { PlannedEvent, RequestedEvent } from '../builds.js';
import type { RunningJob } from '../domain/build-state.js';
import { ciEnvironment } from './ci-environment.js';
import { secretsNamedBy } from '../../planning/named-secrets.js';

export interface AssignmentPorts {
  readonly projects: Projects;
  readonly contents: ContentStore;
  readonly tokens: JobTokens;
  readonly judgeSource: JudgeSource;
  readonly now: Clock;
}

/** What stands at the beginning of every planned build's stream, and never changes. */
export interface Beginning {
  readonly requested: RequestedEvent;
  readonly planned: PlannedEvent;
}

/** All that a runner gets for one attempt: the job, the source, and of the secrets those that the job names. */
export class JobAssignments {
  constructor(private readonly ports: AssignmentPorts) {}

  async assemble({ requested, planned }: Beginning, job: RunningJob, runnerId: RunnerId): Promise<JobAssignment> {
    const { projects, tokens, now } = this.ports;
    const buildId = BuildId.parse(requested.stream.id);
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
