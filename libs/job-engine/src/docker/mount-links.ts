import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import tar from 'tar-stream';
import { ExecutorError } from '../errors.js';

interface WorkspaceMount {
  readonly source: string;
  readonly target: string;
}

/**
 * Lets a folder of the workspace appear at a second place. By a symbolic link put into the container before it starts, and not
 * by a bind mount of the volume's folder on the host: there a link that an earlier step left in the workspace would be
 * followed on the host itself.
 */
export const linkMounts = async (
  container: Container,
  mounts: readonly WorkspaceMount[],
  workspacePath: string,
): Promise<void> => {
  if (mounts.length === 0) return;
  const pack = tar.pack();
  for (const { source, target } of mounts) {
    const from = posix.resolve(workspacePath, source);
    if (from !== workspacePath && !from.startsWith(`${workspacePath}/`))
      throw new ExecutorError('start-failed', `The mount "${source}" leads out of the workspace.`);
    const to = posix.normalize(target).replace(/\/+$/, '');
    if (to === '' || to === workspacePath || to.startsWith(`${workspacePath}/`))
      throw new ExecutorError('start-failed', `Nothing can be mounted at "${target}".`);
    pack.entry({ name: to.slice(1), type: 'symlink', linkname: from });
  }
  pack.finalize();
  await container.putArchive(Readable.from(pack), { path: '/' });
};
