import type Docker from 'dockerode';
import type { Attempt } from '../job-input.js';
import type { Workspace, WorkspaceHandle } from '../workspace.js';
import { ignoreGone, isNotFound } from './docker-errors.js';
import { attemptLabels, nameOf } from './labels.js';

/** A volume of the engine for each attempt. */
export class VolumeWorkspace implements Workspace {
  constructor(
    private readonly docker: Docker,
    private readonly runner: string,
  ) {}

  async prepare(attempt: Attempt): Promise<WorkspaceHandle> {
    const name = this.name(attempt);
    await this.docker.createVolume({ Name: name, Labels: attemptLabels(this.runner, attempt, 'workspace') });
    return { kind: 'volume', name };
  }

  async find(attempt: Attempt): Promise<WorkspaceHandle | undefined> {
    const name = this.name(attempt);
    try {
      await this.docker.getVolume(name).inspect();
      return { kind: 'volume', name };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async destroy(attempt: Attempt): Promise<void> {
    await this.docker.getVolume(this.name(attempt)).remove({ force: true }).catch(ignoreGone);
  }

  private name(attempt: Attempt): string {
    return nameOf(this.runner, attempt, 'workspace');
  }
}
