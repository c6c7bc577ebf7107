import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postReceiveScript, postReceiveWrapper } from './post-receive-script.js';

export interface BareHookSettings {
  /** `https://cyclone.example.org/hooks/<project>/bare` */
  readonly url: string;
  readonly secret: string;
  /** The Node that runs the hook; by default the one that runs this. */
  readonly node?: string;
}

/** Thrown when a folder is not a repository, or its hooks cannot be written. */
export class BareHookError extends Error {
  readonly code = 'bare-hook';
}

const ours = 'Written by Cyclone';
const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const gitFolderOf = async (repository: string): Promise<string> => {
  for (const folder of [repository, join(repository, '.git')]) {
    if ((await isThere(join(folder, 'HEAD'))) && (await isThere(join(folder, 'objects')))) return folder;
  }
  throw new BareHookError(`${repository} is not a git repository`);
};

/**
 * Installs (or brings up to date) the post-receive hook of a repository on disk. A hook that is there already goes on
 * running before ours. The secret lies beside, readable by the repository's owner only.
 */
export const installBareHook = async (
  repository: string,
  settings: BareHookSettings,
): Promise<{ readonly hookPath: string }> => {
  const hooks = join(await gitFolderOf(repository), 'hooks');
  const hookPath = join(hooks, 'post-receive');
  const folder = join(hooks, 'cyclone');
  // A link could lead the secret elsewhere.
  for (const path of [hooks, folder]) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) throw new BareHookError(`${path} is a link; install the hook where it leads`);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const there = await readFile(hookPath, 'utf8').catch(() => undefined);
  if (there !== undefined && !there.includes(ours)) await rename(hookPath, `${hookPath}.before-cyclone`);
  await replaceFile(
    join(folder, 'config.json'),
    `${JSON.stringify({ url: settings.url, secret: settings.secret })}\n`,
    0o600,
  );
  await replaceFile(join(folder, 'post-receive.mjs'), postReceiveScript, 0o600);
  await replaceFile(hookPath, postReceiveWrapper(settings.node ?? process.execPath), 0o755);
  return { hookPath };
};

export const removeBareHook = async (repository: string): Promise<void> => {
  const hookPath = join(await gitFolderOf(repository), 'hooks', 'post-receive');
  const there = await readFile(hookPath, 'utf8').catch(() => '');
  if (there.includes(ours)) await rm(hookPath, { force: true });
  if (await isThere(`${hookPath}.before-cyclone`)) await rename(`${hookPath}.before-cyclone`, hookPath);
  await rm(join(hookPath, '..', 'cyclone'), { recursive: true, force: true });
};

/** A push that comes meanwhile meets the old file or the new one, never half of it. */
const replaceFile = async (path: string, text: string, mode: number): Promise<void> => {
  // Two that install at the same moment must not share a draft.
  const draft = `${path}.${randomUUID()}.new`;
  await writeFile(draft, text, { mode });
  await chmod(draft, mode);
  await rename(draft, path);
};

/** The folder that a repository's address names, with every link followed; undefined for anything over a network. */
export const localFolderOf = (url: string): string | undefined => {
  if (url.startsWith('file://')) {
    try {
      return fileURLToPath(url);
    } catch {
      return undefined;
    }
  }
  return isAbsolute(url) ? url : undefined;
};

/** Only folders that an administrator named, or folders in them, wherever links lead. */
export const isAllowedFolder = async (folder: string, allowed: readonly string[]): Promise<boolean> => {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined) return false;
  for (const entry of allowed.filter((path) => isAbsolute(path))) {
    const root = await realpath(entry).catch(() => undefined);
    if (root !== undefined && (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) return true;
  }
  return false;
};
