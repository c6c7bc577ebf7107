import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CommitSha } from '@cyclone/contracts';

const run = promisify(execFile);

export interface TestRepository {
  readonly barePath: string;
  readonly workingCopy: string;
  /** Writes the files, commits and pushes them to the branch; gives the commit. */
  push(files: Readonly<Record<string, string>>, message?: string, branch?: string): Promise<CommitSha>;
  git(...args: string[]): Promise<string>;
}

/** A bare repository on disk, with a working copy to push from. */
export async function createRepository(folder: string, name: string): Promise<TestRepository> {
  const barePath = join(folder, `${name}.git`);
  const workingCopy = join(folder, name);
  await mkdir(workingCopy, { recursive: true });
  await git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', barePath);
  await git(workingCopy, 'init', '--quiet', '--initial-branch=main');
  await git(workingCopy, 'remote', 'add', 'origin', barePath);
  return {
    barePath,
    workingCopy,
    git: (...args) => git(workingCopy, ...args),
    async push(files, message = 'Change something', branch = 'main') {
      await git(workingCopy, 'checkout', '--quiet', '-B', branch);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(workingCopy, path)), { recursive: true });
        await writeFile(join(workingCopy, path), text);
      }
      await git(workingCopy, 'add', '--all');
      await git(workingCopy, 'commit', '--quiet', '--allow-empty', '--message', message);
      const sha = (await git(workingCopy, 'rev-parse', 'HEAD')).trim();
      await git(workingCopy, 'push', '--quiet', 'origin', branch);
      return CommitSha.parse(sha);
    },
  };
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A tester',
    GIT_AUTHOR_EMAIL: 'tester@example.com',
    GIT_COMMITTER_NAME: 'A tester',
    GIT_COMMITTER_EMAIL: 'tester@example.com',
  };
  const { stdout } = await run('git', args, { cwd, env, timeout: 30_000 });
  return stdout;
}
