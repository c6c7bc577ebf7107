import type { BuildId, Change, CommitSha, DeliveryId, ProjectId, Trigger } from '@cyclone/contracts';
import { projectNotFound, type Projects } from '../../project/projects.js';
import { isBuildEvent } from '../../recorded-events.js';
import { refuse } from '../../refusals.js';
import type { Builds, Origin, RequestedEvent } from '../builds.js';
import { buildNotFound } from '../domain/build-rejections.js';
import { buildIdOfChange, buildIdOfCommand } from './build-ids.js';

export interface RequestBuildPorts {
  readonly builds: Builds;
  readonly projects: Projects;
  readonly nextNumber: (projectId: ProjectId) => Promise<number>;
}

/** Asks for builds: by a change, by hand, or again. Asked twice, each gives the build that is there. */
export class RequestBuild {
  constructor(private readonly ports: RequestBuildPorts) {}

  async forChange(
    projectId: ProjectId,
    deliveryId: DeliveryId,
    change: Change,
    origin: Origin,
  ): Promise<{ buildId: BuildId; causedBy: DeliveryId }> {
    const buildId = buildIdOfChange(projectId, change);
    const trust = change.pullRequest?.fromFork === true ? 'untrusted' : 'trusted';
    // The build is the change's, not the delivery's: a second delivery must not be carried out as another command.
    const trigger: Trigger = { kind: 'change', change, deliveryId };
    const requested = await this.#request(buildId, projectId, trigger, trust, origin);
    const request = requested ?? (await this.ports.builds.request(buildId));
    if (request?.data.trigger.kind !== 'change') throw new Error(`build ${buildId} was not made by a change`);
    return { buildId, causedBy: request.data.trigger.deliveryId };
  }

  async byHand(
    projectId: ProjectId,
    wish: { ref: string; sha?: CommitSha | undefined; message?: string | undefined },
    origin: Origin,
  ): Promise<BuildId> {
    const { ref, sha, message } = wish;
    const buildId = buildIdOfCommand(projectId, origin.commandId);
    const trigger: Trigger = {
      kind: 'manual',
      ref,
      ...(sha === undefined ? {} : { sha }),
      ...(message === undefined ? {} : { message }),
    };
    await this.#request(buildId, projectId, trigger, 'trusted', origin);
    return buildId;
  }

  async again(of: BuildId, origin: Origin): Promise<BuildId> {
    const history = await this.ports.builds.history(of);
    const request = history[0];
    if (request?.type !== 'BuildRequested') throw refuse(buildNotFound);
    const planned = history.find((event) => event.type === 'BuildPlanned');
    const before = request.data.trigger;
    const sha = planned?.data.sha ?? (before.kind === 'change' ? before.change.after : before.sha);
    if (sha === undefined) {
      throw refuse({
        code: 'commit-unknown',
        message: 'the build never came to a commit; start a new one for its ref',
      });
    }
    const change = before.kind === 'manual' ? undefined : before.change;
    const buildId = buildIdOfCommand(request.data.projectId, origin.commandId);
    const trigger: Trigger = {
      kind: 'rerun',
      of,
      sha,
      ref: planned?.data.ref ?? (before.kind === 'change' ? before.change.ref : before.ref),
      event: eventOf(before),
      ...(change === undefined ? {} : { change }),
    };
    await this.#request(buildId, request.data.projectId, trigger, request.data.trust, origin);
    return buildId;
  }

  /** The event, where this very call made it. */
  async #request(
    buildId: BuildId,
    projectId: ProjectId,
    trigger: Trigger,
    trust: 'trusted' | 'untrusted',
    origin: Origin,
  ): Promise<RequestedEvent | undefined> {
    const { builds, projects, nextNumber } = this.ports;
    // Whoever asks for what is there already is answered, also when the project takes no more builds.
    const [known, project] = await Promise.all([builds.load(buildId), projects.known(projectId)]);
    if (known.streamVersion > 0) return undefined;
    if (project?.status !== 'active') throw projectNotFound(projectId);
    const { settings, secrets } = project;
    const request = {
      projectId,
      number: await nextNumber(projectId),
      trigger,
      trust,
      repositoryUrl: settings.repository.url,
      ...(settings.pipelineFile === undefined ? {} : { pipelineFile: settings.pipelineFile }),
      secretVersions: trust === 'untrusted' ? [] : [...secrets].map(([name, { version }]) => ({ name, version })),
      timeoutMs: settings.timeoutMs,
    };
    const handled = await builds.carryOut(buildId, projectId, { type: 'RequestBuild', request }, origin);
    if (handled.kind === 'rejected') throw refuse(handled.rejection);
    const [event] = handled.events.filter(isBuildEvent);
    return event?.type === 'BuildRequested' ? event : undefined;
  }
}

/** What conditions in a pipeline file see of a trigger. */
export const eventOf = (trigger: Trigger): 'push' | 'tag' | 'pull_request' | 'manual' => {
  if (trigger.kind === 'change') return trigger.change.kind;
  return trigger.kind === 'rerun' ? trigger.event : 'manual';
};
