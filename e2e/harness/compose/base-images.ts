import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureImage, ensurePart, makeImage, programFiles, shellFiles } from '@cyclone/local-servers';
import type { ImageFile } from '@cyclone/local-servers';
import type Docker from 'dockerode';
import { folderFiles } from './folder-files.js';
import { launchedProgram } from './launched-program.js';

/** The variables of docker-compose.yml that name the images it stands on. */
export type BaseImages = Readonly<
  Record<
    | 'CYCLONE_NODE_IMAGE'
    | 'CYCLONE_MONGO_IMAGE'
    | 'CYCLONE_NATS_IMAGE'
    | 'CYCLONE_REDIS_IMAGE'
    | 'CYCLONE_REGISTRY_IMAGE'
    | 'CYCLONE_GIT_IMAGE',
    string
  >
>;

const shellChanges = ['ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'CMD ["sh"]'];

/**
 * Images of this machine's own programs, in place of the public ones: they have the same programs under the same
 * names, which is all that the compose file relies on.
 */
export async function makeBaseImages(docker: Docker): Promise<BaseImages> {
  const make = async (name: string, files: readonly ImageFile[], changes: readonly string[] = []): Promise<string> => {
    const reference = `cyclone/base-${name}:local`;
    await makeImage(docker, { reference, files, changes: [...shellChanges, ...changes] });
    return reference;
  };
  const shell = await shellFiles({});
  return {
    CYCLONE_NODE_IMAGE: await make('node', [...shell, ...(await nodeFiles()), ...(await gitFiles(docker))]),
    CYCLONE_MONGO_IMAGE: await make('mongo', [...shell, ...(await partFiles('mongod', 'mongod'))]),
    CYCLONE_NATS_IMAGE: await make('nats', [...shell, ...(await partFiles('nats-server', 'nats-server'))]),
    CYCLONE_REDIS_IMAGE: await make('redis', [...shell, ...(await partFiles('redis-server', 'redis-server'))]),
    CYCLONE_REGISTRY_IMAGE: await make('registry', [...shell, ...(await partFiles('docker-registry', 'registry'))]),
    CYCLONE_GIT_IMAGE: (await ensureImage(docker, 'git')).reference,
  };
}
