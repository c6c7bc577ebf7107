import { stat } from 'node:fs/promises';
import type { Workspace, WorkspaceHandle } from '../workspace.js';

/** A folder of the user's own, for running a pipeline on one's working copy: never made, never removed. */
export class DirectoryWorkspace implements Workspace {
  constructor(private readonly path: string) {}

  async prepare(): Promise<WorkspaceHandle> {
    await stat(this.path);
    return { kind: 'directory', path: this.path };
  }

  async find(): Promise<WorkspaceHandle | undefined> {
    return this.prepare();
  }

  async destroy(): Promise<void> {}
}
