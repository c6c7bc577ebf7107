import type { Container } from 'dockerode';
import type Docker from 'dockerode';
import type { WorkspaceHandle } from '../workspace.js';
import type { Attempt } from '../job-input.js';
import { ensurePauseImage, pauseProgram } from './pause-image.js';
import { attemptLabels, nameOf, runnerLabels } from './labels.js';
import { isConflict } from './docker-errors.js';

const holderBytes = 16 * 1024 * 1024;

/** Small containers that do nothing but hold something for the steps. */
export class Holders {
  private image: Promise<string> | undefined;

  constructor(
    private readonly docker: Docker,
    private readonly runner: string,
  ) {}

  /** A running container whose network namespace steps join. Without an attempt it waits in the pool. */
  async holdNetwork(network: string, attempt?: Attempt): Promise<string> {
    const container = await this.docker.createContainer({
      ...(attempt === undefined ? {} : { name: nameOf(this.runner, attempt, 'sandbox') }),
      Image: await this.pauseImage(),
      Labels:
        attempt === undefined ? runnerLabels(this.runner, 'sandbox') : attemptLabels(this.runner, attempt, 'sandbox'),
      Entrypoint: [pauseProgram],
      HostConfig: {
        NetworkMode: network,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Memory: holderBytes,
        PidsLimit: 8,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'none', Config: {} },
      },
    });
    await container.start();
    return container.id;
  }

  /** A container that is created and never started: the engine reads and writes the workspace's files through it. */
  async holdFiles(attempt: Attempt, workspace: WorkspaceHandle, path: string): Promise<Container> {
    const name = nameOf(this.runner, attempt, 'helper');
    const mount =
      workspace.kind === 'volume'
        ? [{ Type: 'volume' as const, Source: workspace.name, Target: path }]
        : workspace.kind === 'directory'
          ? [{ Type: 'bind' as const, Source: workspace.path, Target: path }]
          : [];
    try {
      return await this.docker.createContainer({
        name,
        Image: await this.pauseImage(),
        Labels: attemptLabels(this.runner, attempt, 'helper'),
        Entrypoint: [pauseProgram],
        NetworkDisabled: true,
        HostConfig: { NetworkMode: 'none', Mounts: mount, CapDrop: ['ALL'], LogConfig: { Type: 'none', Config: {} } },
      });
    } catch (error) {
      if (isConflict(error)) return this.docker.getContainer(name);
      throw error;
    }
  }

  private async pauseImage(): Promise<string> {
    this.image ??= ensurePauseImage(this.docker);
    try {
      return await this.image;
    } catch (error) {
      this.image = undefined;
      throw error;
    }
  }
}
