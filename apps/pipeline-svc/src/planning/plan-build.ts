import { setTimeout as wait } from 'node:timers/promises';
import { CommandId, type BuildId, type Trigger } from '@cyclone/contracts';
import { AppendRefusedError, type ContentStore } from '@cyclone/event-store';
import { followTrace, type Logger } from '@cyclone/observability';
import { wellKnownPaths } from '@cyclone/pipeline-language';
import type { Builds, Origin, RequestedEvent } from '../build/builds.js';
import type { BuildCommand } from '../build/domain/build-commands.js';
import type { Failpoint } from '@cyclone/service-host';
import type { KnownProject, Projects } from '../project/projects.js';
import { compileContextOf, triggerFacts, versionNameOf } from './compile-context.js';
import { draftPlan, rejected, summarizeJobs, type PlannedData } from './draft-plan.js';
import { SourceError, type SourceReader, type SourceRequest, type SourceSnapshot } from './source-reader.js';

export interface PlanBuildPorts {
  readonly builds: Builds;
  readonly projects: Projects;
  readonly contents: ContentStore;
  readonly sources: SourceReader;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
  /** Waits before each further try to read a source that did not answer. */
  readonly retryDelaysMs: readonly number[];
}

/**
 * Makes the plan of a requested build, or rejects the build with the reason. Idempotent: the Build takes the first
 * outcome, and the work of a process that died in between is done again by whoever hears of the request next.
 */
export class PlanBuild {
  readonly #underWay = new Map<BuildId, Promise<void>>();

  constructor(private readonly ports: PlanBuildPorts) {}

  /** Whoever asks while the same build is being planned here waits for that. */
  plan(request: RequestedEvent, buildId: BuildId): Promise<void> {
    const underWay = this.#underWay.get(buildId);
    if (underWay !== undefined) return underWay;
    const work = this.#plan(request, buildId).finally(() => this.#underWay.delete(buildId));
    this.#underWay.set(buildId, work);
    return work;
  }

  /** All that is under way here has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()]);
  }

  async #plan(request: RequestedEvent, buildId: BuildId): Promise<void> {
    this.ports.failpoint('before-plan');
    const command = (await this.#planOfRerun(request.data.trigger)) ?? (await this.#commandFor(request, buildId));
    await this.#record(request, buildId, command);
  }

  /** A rerun runs what ran: the same commit and the same plan, which is stored already. */
  async #planOfRerun(trigger: Trigger): Promise<BuildCommand | undefined> {
    if (trigger.kind !== 'rerun') return undefined;
    const planned = (await this.ports.builds.history(trigger.of)).find((event) => event.type === 'BuildPlanned');
    return planned === undefined ? undefined : { type: 'RecordPlan', plan: planned.data };
  }

  async #commandFor(request: RequestedEvent, buildId: BuildId): Promise<BuildCommand> {
    const { projectId, trigger, trust, timeoutMs, pipelineFile } = request.data;
    const project = await this.ports.projects.known(projectId);
    if (project === undefined) throw new Error(`build ${buildId} belongs to the unknown project ${projectId}`);
    try {
      const snapshot = await this.#readSource(await this.#sourceRequest(request, project), buildId);
      const { imageRepository } = project.settings;
      const context = compileContextOf({
        projectId,
        trigger,
        trust,
        timeoutMs,
        imageRepository,
        ref: snapshot.ref,
        sha: snapshot.sha,
      });
      const secrets = request.data.secretVersions.map(({ name }) => name);
      const draft = draftPlan(snapshot, context, { namedFile: pipelineFile, secrets });
      if (draft.kind === 'rejected') return { type: 'RejectBuild', rejection: draft.rejection };
      const planDigest = await this.ports.contents.put(Buffer.from(JSON.stringify(draft.plan)), 'application/json');
      this.ports.failpoint('after-plan-stored');
      const { sha, ref, commit } = snapshot;
      const plan: PlannedData = {
        sha,
        ref,
        commit,
        versionName: versionNameOf(trigger, ref, sha),
        planDigest,
        file: draft.plan.source,
        jobs: summarizeJobs(draft.plan),
        warnings: [...draft.warnings],
      };
      return { type: 'RecordPlan', plan };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { type: 'RejectBuild', rejection: rejected(error.code, error.message).rejection };
    }
  }

  async #sourceRequest(request: RequestedEvent, project: KnownProject): Promise<SourceRequest> {
    const { trigger, trust, repositoryUrl, pipelineFile } = request.data;
    const username = project.settings.repository.cloneUsername;
    const credential = await this.ports.projects.credentialOf(project, 'clone');
    const { baseBranch } = triggerFacts(trigger);
    const sha = trigger.kind === 'change' ? trigger.change.after : trigger.sha;
    return {
      url: repositoryUrl,
      ref: trigger.kind === 'change' ? trigger.change.ref : trigger.ref,
      paths: pipelineFile === undefined ? wellKnownPaths : [pipelineFile],
      ...(sha === undefined ? {} : { sha }),
      ...(trust === 'untrusted' && baseBranch !== undefined ? { fileRef: `refs/heads/${baseBranch}` } : {}),
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { password: credential.value }),
    };
  }

  async #readSource(request: SourceRequest, buildId: BuildId): Promise<SourceSnapshot> {
    const { retryDelaysMs, sources, logger } = this.ports;
    for (let tried = 0; ; tried += 1) {
      try {
        return await sources.read(request);
      } catch (error) {
        const delayMs = retryDelaysMs[tried];
        if (!(error instanceof SourceError) || !error.retriable || delayMs === undefined) throw error;
        logger.warn('the repository could not be read; trying again', { buildId, fault: error.code, delayMs });
        await wait(delayMs);
      }
    }
  }

  async #record(request: RequestedEvent, buildId: BuildId, command: BuildCommand): Promise<void> {
    const { builds } = this.ports;
    const { projectId } = request.data;
    const origin: Origin = {
      commandId: CommandId.parse('plan'),
      actor: { kind: 'system', id: 'pipeline-svc' },
      trace: followTrace(request.trace, request.id),
    };
    const refused = async (message: string): Promise<void> => {
      const { rejection } = rejected('plan-refused', `the pipeline file asks for what cannot be run: ${message}`);
      await builds.carryOut(buildId, projectId, { type: 'RejectBuild', rejection }, origin);
    };
    try {
      const handled = await builds.carryOut(buildId, projectId, command, origin);
      if (handled.kind === 'rejected') await refused(handled.rejection.message);
    } catch (error) {
      if (!(error instanceof AppendRefusedError)) throw error;
      await refused('the plan is too large');
    }
  }
}
