import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SampleRepository {
  /** The bare repository that takes the place of a forge. */
  readonly barePath: string;
  readonly workingCopy: string;
  /** Changes the service a little, commits and pushes; gives the commit's id. */
  pushChange(message: string): Promise<string>;
}

export interface SampleImages {
  readonly node: string;
  readonly redis: string;
}

/** Copies `examples/hello-service` into a repository of its own, with the images that this machine can have. */
export async function createSampleRepository(options: {
  readonly source: string;
  readonly folder: string;
  readonly images: SampleImages;
}): Promise<SampleRepository> {
  const barePath = join(options.folder, 'hello-service.git');
  const workingCopy = join(options.folder, 'hello-service');
  await mkdir(options.folder, { recursive: true });
  await cp(options.source, workingCopy, { recursive: true });
  await nameImages(workingCopy, options.images);
  await git(options.folder, 'init', '--quiet', '--bare', '--initial-branch=main', barePath);
  await git(workingCopy, 'init', '--quiet', '--initial-branch=main');
  await git(workingCopy, 'remote', 'add', 'origin', barePath);
  let changes = 0;
  return {
    barePath,
    workingCopy,
    async pushChange(message) {
      changes += 1;
      await writeFile(join(workingCopy, 'CHANGES'), `${changes} ${message}\n`);
      await git(workingCopy, 'add', '--all');
      await git(workingCopy, 'commit', '--quiet', '--message', message);
      const { stdout } = await git(workingCopy, 'rev-parse', 'HEAD');
      await git(workingCopy, 'push', '--quiet', 'origin', 'main');
      return stdout.trim();
    },
  };
}

/** The repository in `examples/` names public images; where none can be pulled the demo puts in those it made. */
async function nameImages(folder: string, images: SampleImages): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll('node:24-alpine', images.node).replaceAll('redis:7-alpine', images.redis));
  }
}

/** The demo's commits are nobody's: no configuration of the person at the keyboard is read. */
function git(cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  const environment = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Cyclone demo',
    GIT_AUTHOR_EMAIL: 'demo@cyclone.invalid',
    GIT_COMMITTER_NAME: 'Cyclone demo',
    GIT_COMMITTER_EMAIL: 'demo@cyclone.invalid',
  };
  return run('git', args, { cwd, env: environment, timeout: 30_000 });
}
