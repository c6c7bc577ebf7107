import { ExecutorError } from './errors.js';
import type { JobSandbox, RunningStep } from './executor.js';
import type { WorkspaceHandle } from './workspace.js';

export const workspaceGone = (): ExecutorError =>
  new ExecutorError(
    'workspace-failed',
    "The job's workspace was gone when its runner came back; no step is run a second time.",
  );

/**
 * Stands for a sandbox that nobody finds again: nothing of it goes on and nothing can be begun in it. So each step still
 * gets an end with a reason, and each log that was begun its seal.
 */
export class GoneSandbox implements JobSandbox {
  get workspace(): WorkspaceHandle {
    throw workspaceGone();
  }

  expect(): void {}

  startStep(): Promise<RunningStep> {
    return Promise.reject(workspaceGone());
  }

  adoptStep(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  startService(): Promise<void> {
    return Promise.reject(workspaceGone());
  }

  async stopService(): Promise<void> {}

  async destroy(): Promise<void> {}
}
