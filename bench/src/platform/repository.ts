import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommitSha } from '@cyclone/contracts';

const run = promisify(execFile);

export interface SampleRepository {
  readonly url: string;
  readonly sha: CommitSha;
}

/** A repository on disk with one commit: the pipeline file. */
export async function createRepository(folder: string, name: string, pipeline: string): Promise<SampleRepository> {
  const work = join(folder, name);
  await mkdir(work, { recursive: true });
  await git(work, 'init', '--quiet', '--initial-branch=main');
  await writeFile(join(work, 'cyclone.yaml'), pipeline);
  await git(work, 'add', '--all');
  await git(work, 'commit', '--quiet', '--message', `Pipeline ${name}`);
  const sha = CommitSha.parse((await git(work, 'rev-parse', 'HEAD')).trim());
  return { url: join(work, '.git'), sha };
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', '-c', 'commit.gpgsign=false'];
  const { stdout } = await run('git', [...identity, ...args], {
    cwd,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
  return stdout;
}
