import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureImage, ensurePart, imageRecipes, makeImage, programFiles, shellFiles } from '@cyclone/local-servers';
import type { ImageFile, PartName } from '@cyclone/local-servers';
import type Docker from 'dockerode';
import { folderFiles } from './folder-files.js';

/** The variables of docker-compose.yml that name the images it stands on. */
export type BaseImages = Readonly<Record<string, string>>;

const registryAnswerMs = 10_000;
const shellChanges = ['ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'CMD ["sh"]'];

/** Nothing to say where a registry answers: then the compose file's own images are used. */
export async function ensureBaseImages(docker: Docker): Promise<BaseImages> {
  return (await canPull(docker, 'docker.io/library/node:24-bookworm-slim')) ? {} : await makeBaseImages(docker);
}

async function canPull(docker: Docker, reference: string): Promise<boolean> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), registryAnswerMs);
  try {
    const distribution: unknown = await docker.getImage(reference).distribution({ abortSignal: abort.signal });
    return distribution !== undefined;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Images of this machine's own programs, in place of the public ones: they have the same programs under the same
 * names, which is all that the compose file relies on.
 */
async function makeBaseImages(docker: Docker): Promise<BaseImages> {
  const shell = await shellFiles({});
  const make = async (name: string, files: readonly ImageFile[]): Promise<string> => {
    const reference = `cyclone/base-${name}:local`;
    await makeImage(docker, { reference, files: [...shell, ...files], changes: shellChanges });
    return reference;
  };
  return {
    CYCLONE_NODE_IMAGE: await make('node', await nodeFiles()),
    CYCLONE_MONGO_IMAGE: await make('mongo', await partFiles('mongod', 'mongod')),
    CYCLONE_NATS_IMAGE: await make('nats', await partFiles('nats-server', 'nats-server')),
    CYCLONE_REDIS_IMAGE: await make('redis', await partFiles('redis-server', 'redis-server')),
    CYCLONE_REGISTRY_IMAGE: await make('registry', await partFiles('docker-registry', 'registry')),
    CYCLONE_GIT_IMAGE: (await ensureImage(docker, 'git')).reference,
  };
}

async function partFiles(part: PartName, name: string): Promise<ImageFile[]> {
  const { program } = await ensurePart(part);
  return await programFiles(program, `usr/local/bin/${name}`);
}

/** Node with npm, and git for pipeline-svc. */
async function nodeFiles(): Promise<ImageFile[]> {
  const [node, git, npm] = await Promise.all([imageRecipes.node.files({}), imageRecipes.git.files({}), npmFiles()]);
  return [...node, ...git, ...npm];
}

async function npmFiles(): Promise<ImageFile[]> {
  const module = 'lib/node_modules/npm';
  const files = await folderFiles(await npmFolder(), `usr/local/${module}`);
  const links = ['npm', 'npx'].map((name): ImageFile => {
    return { kind: 'link', path: `usr/local/bin/${name}`, to: `../${module}/bin/${name}-cli.js` };
  });
  return [...files, ...links];
}

/** Where the npm on PATH is installed: its program is a link into it. */
async function npmFolder(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const program = await realpath(join(folder, 'npm')).catch(() => undefined);
    if (program?.endsWith('/npm/bin/npm-cli.js') === true) return dirname(dirname(program));
  }
  throw new Error('npm is not on PATH, so that no image with npm can be made');
}
