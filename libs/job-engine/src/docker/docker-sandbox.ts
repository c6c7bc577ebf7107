import { posix } from 'node:path';
import type { Reason, ServiceId, StepId } from '@cyclone/contracts';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import { ExecutorError, reasonOf } from '../errors.js';
import type { JobSandbox, RunningStep, ServiceLaunch, StepLaunch } from '../executor.js';
import { attemptOf, type Attempt, type JobInput } from '../job-input.js';
import { rawStart, type OutputSink, type RawOffsets } from '../logs/output-sink.js';
import type { WorkspaceHandle } from '../workspace.js';
import { containerSpec, type ContainerDraft, type NetworkPlace } from './container-spec.js';
import type { DockerExecutorConfig } from './docker-config.js';
import { ignoreGone, isConflict, isNotFound, startError } from './docker-errors.js';
import { DockerStep } from './docker-step.js';
import type { Holders } from './holders.js';
import { ensureImage, type LocalImage } from './images.js';
import { attemptLabels, nameOf, ofAttempt } from './labels.js';
import { linkMounts } from './mount-links.js';
import { copyOutput } from './outputs.js';
import { startService } from './services.js';
import { cloneDraft, runDraft, type StepDraft } from './step-draft.js';
import { StepOutput } from './step-output.js';

/** The network of one job, as its steps and services find it. */
export interface JobNetwork {
  /** The network itself: for services, and for steps that bring their own hosts or name servers. */
  readonly name: string;
  /** The container whose network namespace steps join; without it they are on the network themselves. */
  readonly holder?: string;
  /** Gives the network back, after every container of the job is gone. */
  release(): Promise<void>;
}

export interface SandboxParts {
  readonly docker: Docker;
  readonly config: DockerExecutorConfig;
  readonly input: JobInput;
  readonly workspace: WorkspaceHandle;
  /** Missing when no step of the job needs one. */
  readonly network: JobNetwork | undefined;
  readonly holders: Holders;
  readonly destroyWorkspace: () => Promise<void>;
}

interface CreatedStep {
  readonly container: Container;
  readonly image: LocalImage;
}

const silent: Pick<OutputSink, 'note'> = { note: () => undefined };

/** One job on a Docker Engine. */
export class DockerSandbox implements JobSandbox {
  readonly workspace: WorkspaceHandle;
  private readonly attempt: Attempt;
  private readonly expected = new Map<StepId, Promise<CreatedStep | undefined>>();
  private readonly discarding = new Set<Promise<void>>();
  private destroying: Promise<void> | undefined;

  constructor(private readonly parts: SandboxParts) {
    this.workspace = parts.workspace;
    this.attempt = attemptOf(parts.input);
  }

  expect(launch: Omit<StepLaunch, 'output' | 'signal'>): void {
    if (this.expected.has(launch.step.id) || this.destroying !== undefined) return;
    // What goes wrong here goes wrong again, and loudly, when the step is started.
    this.expected.set(
      launch.step.id,
      this.create(launch, silent).catch(() => undefined),
    );
  }

  async startStep(launch: StepLaunch): Promise<RunningStep> {
    const { step, signal } = launch;
    signal.throwIfAborted();
    const ahead = await this.expected.get(step.id);
    const { container, image } = ahead ?? (await this.create(launch, launch.output, signal));
    try {
      signal.throwIfAborted();
      const attached = await container.attach({ stream: true, stdout: true, stderr: true });
      await container.start();
      return this.step(launch, container, image, new StepOutput(launch.output, rawStart).takeAttached(attached));
    } catch (error) {
      this.discard(container);
      if (signal.aborted) throw error;
      throw startError(`Step "${step.name}"`, error);
    }
  }

  async adoptStep(launch: StepLaunch & { readonly readFrom: RawOffsets }): Promise<RunningStep | undefined> {
    const container = this.parts.docker.getContainer(this.nameOfStep(launch.step.id));
    try {
      const { State: state, Config: config, Image: digest } = await container.inspect();
      if (state.Status === 'created') {
        await container.remove({ force: true, v: true }).catch(ignoreGone);
        return undefined;
      }
      const output = new StepOutput(launch.output, launch.readFrom).takeLog(container);
      return this.step(launch, container, { reference: config.Image, digest }, output);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw startError(`Step "${launch.step.name}"`, error);
    }
  }

  async startService(launch: ServiceLaunch): Promise<void> {
    const { docker, config, input, network } = this.parts;
    const { service } = launch;
    if (network === undefined)
      throw new ExecutorError('service-failed', `Service "${service.name}" has no network to live in.`);
    const image = await this.imageOf(service.image, launch.builtImage, launch.output, launch.signal);
    const draft: ContainerDraft = {
      name: nameOf(config.runner, this.attempt, 'service', service.id),
      labels: { ...attemptLabels(config.runner, this.attempt, 'service'), 'cyclone.service': service.id },
      image: image.reference,
      entrypoint: service.entrypoint,
      command: service.command,
      environment: launch.environment,
      network: { kind: 'network', name: network.name, aliases: [service.name, ...(service.aliases ?? [])] },
      trust: input.trust,
      limits: service.limits,
      extraHosts: [],
      dns: [],
    };
    await startService(docker, launch, draft, config.ceilings);
  }

  async stopService(service: ServiceId): Promise<void> {
    const container = this.parts.docker.getContainer(
      nameOf(this.parts.config.runner, this.attempt, 'service', service),
    );
    await container.remove({ force: true, v: true }).catch(ignoreGone);
  }

  destroy(): Promise<void> {
    this.destroying ??= this.destroyAll().catch((error: unknown) => {
      this.destroying = undefined;
      throw error;
    });
    return this.destroying;
  }

  private async destroyAll(): Promise<void> {
    const { docker, config, network } = this.parts;
    await Promise.allSettled([...this.expected.values(), ...this.discarding]);
    const left = await docker.listContainers({ all: true, filters: { label: ofAttempt(config.runner, this.attempt) } });
    await Promise.all(
      left
        .filter(({ Id }) => Id !== network?.holder)
        .map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone)),
    );
    await Promise.all([network?.release(), this.parts.destroyWorkspace()]);
  }

  private async create(
    launch: Omit<StepLaunch, 'output' | 'signal'>,
    output: Pick<OutputSink, 'note'>,
    signal?: AbortSignal,
  ): Promise<CreatedStep> {
    const { config, input } = this.parts;
    const { step } = launch;
    const draft =
      step.kind === 'clone'
        ? await cloneDraft(step, input, config.sourcePolicy)
        : runDraft(step, launch.environment, input);
    const ref =
      step.kind === 'clone' ? ({ kind: 'named', name: config.gitImage, pull: 'if-missing' } as const) : step.image;
    const image = await this.imageOf(ref, launch.builtImage, output, signal);
    const spec = containerSpec(this.fullDraft(step.id, draft, image), config.ceilings);
    try {
      const container = await this.createFresh(spec);
      if (step.kind === 'run') await linkMounts(container, step.mounts, input.job.workspacePath);
      return { container, image };
    } catch (error) {
      if (isNotFound(error))
        throw new ExecutorError('image-not-found', `The image "${image.reference}" is not on the runner's machine.`, {
          cause: error,
        });
      throw startError(`Step "${step.name}"`, error);
    }
  }

  /** A container of that name that never ran is what an earlier process left in the middle of this. */
  private async createFresh(spec: ReturnType<typeof containerSpec>): Promise<Container> {
    try {
      return await this.parts.docker.createContainer(spec);
    } catch (error) {
      if (!isConflict(error) || spec.name === undefined) throw error;
      const old = this.parts.docker.getContainer(spec.name);
      const { State: state } = await old.inspect();
      if (state.Status !== 'created') throw error;
      await old.remove({ force: true, v: true }).catch(ignoreGone);
      return this.parts.docker.createContainer(spec);
    }
  }

  private fullDraft(stepId: StepId, draft: StepDraft, image: LocalImage): ContainerDraft {
    const { config, input } = this.parts;
    return {
      ...draft,
      name: this.nameOfStep(stepId),
      labels: { ...attemptLabels(config.runner, this.attempt, 'step'), 'cyclone.step': stepId },
      image: image.reference,
      network: draft.network ?? this.placeOf(draft),
      trust: input.trust,
      workspace: { handle: this.workspace, path: input.job.workspacePath },
    };
  }

  private placeOf(draft: StepDraft): NetworkPlace {
    const { network } = this.parts;
    if (network === undefined) return { kind: 'none' };
    // The engine gives own hosts and name servers only to containers with a network of their own.
    const own = draft.extraHosts.length > 0 || draft.dns.length > 0 || network.holder === undefined;
    return own ? { kind: 'network', name: network.name } : { kind: 'join', container: network.holder };
  }

  private async imageOf(
    image: ServiceLaunch['service']['image'],
    built: string | undefined,
    output: Pick<OutputSink, 'note'>,
    signal?: AbortSignal,
  ): Promise<LocalImage> {
    if (image.kind === 'named')
      return ensureImage(this.parts.docker, image, this.parts.input.registries, output, signal);
    if (built === undefined) throw new ExecutorError('image-not-found', `Step "${image.step}" builds no image.`);
    return { reference: built };
  }

  private step(launch: StepLaunch, container: Container, image: LocalImage, output: Promise<void>): DockerStep {
    return new DockerStep({
      container,
      image: image.reference,
      imageDigest: image.digest,
      output,
      afterEnd: () => this.copyOutputs(launch, container),
      discard: () => this.discard(container),
    });
  }

  private async copyOutputs({ step, output }: StepLaunch, container: Container): Promise<Reason | undefined> {
    if (step.kind !== 'run' || step.outputs.length === 0) return undefined;
    const { holders, input } = this.parts;
    try {
      const helper = await holders.holdFiles(this.attempt, this.workspace, input.job.workspacePath);
      for (const path of step.outputs) {
        await copyOutput(
          container,
          posix.resolve(input.job.workspacePath, step.workingDir ?? '.', path),
          helper,
          input.job.workspacePath,
        );
      }
      return undefined;
    } catch (error) {
      const reason = reasonOf(error);
      output.note(`[cyclone] ${reason.message}`);
      return reason;
    }
  }

  private discard(container: Container): void {
    const removal = container
      .remove({ force: true, v: true })
      .catch(ignoreGone)
      // `destroy` tries again.
      .catch(() => undefined)
      .finally(() => this.discarding.delete(removal));
    this.discarding.add(removal);
  }

  private nameOfStep(stepId: StepId): string {
    return nameOf(this.parts.config.runner, this.attempt, 'step', stepId);
  }
}
