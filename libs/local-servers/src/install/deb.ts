import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebStrategy, Part } from '../parts/part.js';
import { runCommand, runOrThrow } from '../process/run-command.js';
import { missingPackages, withPackageLists } from './debian-packages.js';
import type { InstallationPlan } from './installation.js';
import { launcherScript } from './launcher-script.js';

const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

export async function planDeb(part: Part, strategy: DebStrategy): Promise<InstallationPlan> {
  for (const tool of ['apt-get', 'dpkg-deb']) {
    const present = await runCommand(tool, ['--version'], { timeoutMs: 15_000 });
    if (present.exitCode !== 0) return { impossible: `deb: ${tool} is missing, not a Debian-like system` };
  }
  return {
    target: 'folder',
    summary: `Debian packages ${strategy.packages.join(' ')}, a few MB, unpacked (not installed)`,
    run: async (folder) => {
      const root = join(folder, 'root');
      await withPackageLists(() => unpack(strategy.packages, folder, root));
      await access(join(root, strategy.member), constants.X_OK);
      await mkdir(join(folder, 'bin'));
      const libraries = await libraryFolders(root);
      const program = join(folder, 'bin', part.name);
      if (libraries.length === 0) return await symlink(`../root/${strategy.member}`, program);
      await writeFile(program, launcherScript(`root/${strategy.member}`, libraries), { mode: 0o755 });
    },
  };
}

async function unpack(packages: readonly string[], folder: string, root: string): Promise<void> {
  const archives = join(folder, 'archives');
  await rm(archives, { recursive: true, force: true });
  await mkdir(archives);
  const wanted = await missingPackages(packages);
  await runOrThrow('apt-get', ['download', '--quiet', ...wanted], { timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: archives });
  for (const file of await readdir(archives)) {
    await runOrThrow('dpkg-deb', ['--extract', join(archives, file), root], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
  }
  await rm(archives, { recursive: true });
}

/** Debian keeps libraries in `<lib>/<architecture triplet>`; all that the packages brought are searched. */
async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const base of ['lib', 'usr/lib']) {
    const entries = await readdir(join(root, base)).catch(() => []);
    for (const entry of entries.filter((name) => name.includes('-linux-'))) folders.push(`root/${base}/${entry}`);
  }
  return folders;
}
