import type Docker from 'dockerode';
import type { Executor, JobSandbox } from '../executor.js';
import { attemptOf, type Attempt, type JobInput } from '../job-input.js';
import type { Workspace, WorkspaceHandle } from '../workspace.js';
import type { DockerExecutorConfig } from './docker-config.js';
import { ignoreGone, isNotFound, startError } from './docker-errors.js';
import { DockerSandbox, type JobNetwork } from './docker-sandbox.js';
import { Holders } from './holders.js';
import { nameOf, ofAttempt } from './labels.js';
import { Networks } from './networks.js';
import { SandboxPool } from './sandbox-pool.js';
import { sweepEngine } from './sweep.js';
import { VolumeWorkspace } from './volume.workspace.js';

/** Runs steps as containers of a Docker Engine: on this machine, or wherever its API is. */
export class DockerExecutor implements Executor {
  readonly name = 'docker';
  private readonly holders: Holders;
  private readonly networks: Networks;
  private readonly workspaces: Workspace;
  private readonly pool: SandboxPool;
  /** Network holders that this process knows, in the pool or in use. */
  private readonly knownHolders = new Set<string>();

  constructor(
    private readonly docker: Docker,
    private readonly config: DockerExecutorConfig,
    workspaces: Workspace = new VolumeWorkspace(docker, config.runner),
  ) {
    this.workspaces = workspaces;
    this.holders = new Holders(docker, config.runner);
    this.networks = new Networks(docker, config.runner, config.subnets);
    this.pool = new SandboxPool(config.poolSize, {
      make: () => this.makeShared(),
      remove: (container) => this.removeHolder(container),
      failed: (error) => config.warn('no sandbox could be made ahead', error),
    });
  }

  /** Fills the pool ahead of the first job. */
  warmUp(): void {
    this.pool.fill();
  }

  async prepare(input: JobInput, signal: AbortSignal): Promise<JobSandbox> {
    signal.throwIfAborted();
    const attempt = attemptOf(input);
    const [workspace, network] = await Promise.allSettled([this.workspaces.prepare(attempt), this.enterNetwork(input)]);
    if (workspace.status === 'fulfilled' && network.status === 'fulfilled') {
      const sandbox = this.sandbox(input, workspace.value, network.value);
      if (!signal.aborted) return sandbox;
      await sandbox.destroy();
      return signal.throwIfAborted() as never;
    }
    if (network.status === 'fulfilled') await network.value?.release();
    await this.networks.remove(attempt).catch(() => undefined);
    await this.workspaces.destroy(attempt).catch(() => undefined);
    throw startError(
      'The job',
      workspace.status === 'rejected' ? workspace.reason : network.status === 'rejected' ? network.reason : undefined,
    );
  }

  async adopt(input: JobInput): Promise<JobSandbox | undefined> {
    const attempt = attemptOf(input);
    const workspace = await this.workspaces.find(attempt);
    if (workspace === undefined) return undefined;
    return this.sandbox(input, workspace, (await this.findNetwork(attempt)) ?? (await this.enterNetwork(input)));
  }

  sweep(held: ReadonlySet<string>): Promise<number> {
    return sweepEngine(this.docker, this.config.runner, held, this.knownHolders);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private sandbox(input: JobInput, workspace: WorkspaceHandle, network: JobNetwork | undefined): DockerSandbox {
    const { docker, config, holders } = this;
    return new DockerSandbox({
      docker,
      config,
      input,
      workspace,
      network,
      holders,
      destroyWorkspace: () => this.workspaces.destroy(attemptOf(input)),
    });
  }

  private async enterNetwork(input: JobInput): Promise<JobNetwork | undefined> {
    const attempt = attemptOf(input);
    if (input.job.services.length > 0) return this.ownNetwork(attempt);
    const users = input.job.steps.filter(
      (step) => step.kind === 'clone' || (step.kind === 'run' && step.network === 'job'),
    );
    if (users.length === 0) return undefined;
    const tag = { projectId: input.projectId, trust: input.trust };
    const name = await this.networks.ensureShared();
    const ready = this.pool.take(tag);
    // For a single container a namespace of its own would cost more than it saves.
    if (ready === undefined && users.length === 1) return { name, release: async () => undefined };
    const holder = ready ?? (await this.makeShared());
    return { name, holder, release: () => this.pool.giveBack(holder, tag) };
  }

  private async ownNetwork(attempt: Attempt): Promise<JobNetwork> {
    const name = await this.networks.create(attempt);
    const holder = await this.holders.holdNetwork(name, attempt);
    return this.ownedNetwork(attempt, name, holder);
  }

  private ownedNetwork(attempt: Attempt, name: string, holder: string): JobNetwork {
    return {
      name,
      holder,
      release: async () => {
        await this.removeHolder(holder);
        await this.networks.remove(attempt);
      },
    };
  }

  /** What an earlier process gave this attempt: its own network, or the namespace that its steps joined. */
  private async findNetwork(attempt: Attempt): Promise<JobNetwork | undefined> {
    const own = await this.networks.find(attempt);
    if (own !== undefined) {
      const holder = await this.idOf(nameOf(this.config.runner, attempt, 'sandbox'));
      return holder === undefined
        ? { name: own, release: () => this.networks.remove(attempt) }
        : this.ownedNetwork(attempt, own, holder);
    }
    const steps = await this.docker.listContainers({
      all: true,
      filters: { label: ofAttempt(this.config.runner, attempt) },
    });
    const joined = steps
      .map(({ HostConfig }) => /^container:(.+)$/.exec(HostConfig.NetworkMode)?.[1])
      .find((id) => id !== undefined);
    const holder = joined === undefined ? undefined : await this.idOf(joined);
    if (holder === undefined) return undefined;
    this.knownHolders.add(holder);
    return { name: await this.networks.ensureShared(), holder, release: () => this.removeHolder(holder) };
  }

  private async idOf(container: string): Promise<string | undefined> {
    try {
      const { Id, State } = await this.docker.getContainer(container).inspect();
      return State.Running ? Id : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  private async makeShared(): Promise<string> {
    const holder = await this.holders.holdNetwork(await this.networks.ensureShared());
    this.knownHolders.add(holder);
    return holder;
  }

  private async removeHolder(holder: string): Promise<void> {
    await this.docker.getContainer(holder).remove({ force: true, v: true }).catch(ignoreGone);
    this.knownHolders.delete(holder);
  }
}
