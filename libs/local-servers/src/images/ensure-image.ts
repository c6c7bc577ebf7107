import { join } from 'node:path';
import type Docker from 'dockerode';
import { announceOnStderr } from '../announce.js';
import { readEnvironment } from '../environment.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { withOwnerLock } from '../process/owner-lock.js';
import { findImage, finished, isMadeHere, makeImage, splitReference } from './make-image.js';
import type { BaseImage } from './recipes.js';
import { recipes } from './recipes.js';

export interface EnsuredImage {
  /** The same name whichever way it came: `cyclone/git:local`. */
  readonly reference: string;
  readonly way: 'present' | 'pulled' | 'made';
  /** For people: what was pulled, or what it was made of. */
  readonly origin: string;
}

/** Where no registry can be reached the answer must come soon; where one can, layers take their time. */
const REGISTRY_ANSWER_MS = 15_000;
const PULL_TIMEOUT_MS = 5 * 60_000;
const LOCK_TIMEOUT_MS = 10 * 60_000;

/**
 * An image under a name of ours: the one that is there, else the public one where a registry answers, else
 * one made of this machine's programs. Users of it set entrypoint and command, which differ by origin.
 */
export async function ensureImage(
  docker: Docker,
  image: BaseImage,
  options: EnsureOptions = {},
): Promise<EnsuredImage> {
  const { stateDir } = options.environment ?? readEnvironment();
  const lockFile = join(stateDir, 'images', `${image}.lock`);
  return await withOwnerLock(lockFile, { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
    const { madeOf, pull } = recipes[image];
    const reference = `cyclone/${image}:local`;
    const present = await findImage(docker, reference);
    if (present !== undefined && !isMadeHere(present)) return { reference, way: 'present', origin: pull };
    if (present !== undefined) return { reference, way: await refresh(docker, image, options), origin: madeOf };
    if (await pullAs(docker, pull, reference)) return { reference, way: 'pulled', origin: pull };
    return { reference, way: await make(docker, image, options), origin: madeOf };
  });
}

/** An updated program makes an updated image; a program that is gone leaves the image as it is. */
async function refresh(docker: Docker, image: BaseImage, options: EnsureOptions): Promise<'present' | 'made'> {
  const environment = { ...(options.environment ?? readEnvironment()), mayInstall: false };
  try {
    return await make(docker, image, { ...options, environment });
  } catch {
    return 'present';
  }
}

async function make(docker: Docker, image: BaseImage, options: EnsureOptions): Promise<'present' | 'made'> {
  const { changes, files, madeOf } = recipes[image];
  const reference = `cyclone/${image}:local`;
  if (process.platform !== 'linux') {
    throw new Error(`${reference} cannot be pulled, and only Linux has programs to make it of`);
  }
  const way = await makeImage(docker, { reference, files: await files(options), changes });
  const announce = options.announce ?? announceOnStderr;
  if (way === 'made') announce(`Made the image ${reference} of ${madeOf}, since none could be pulled`);
  return way;
}

/** Any failure to pull means the same here: the image has to come from elsewhere. */
async function pullAs(docker: Docker, source: string, reference: string): Promise<boolean> {
  const abort = new AbortController();
  const total = setTimeout(() => abort.abort(), PULL_TIMEOUT_MS);
  const first = setTimeout(() => abort.abort(), REGISTRY_ANSWER_MS);
  try {
    const progress: NodeJS.ReadableStream = await docker.pull(source, { abortSignal: abort.signal });
    progress.once('data', () => clearTimeout(first));
    await finished(docker, progress);
    const [repo, tag] = splitReference(reference);
    await docker.getImage(source).tag({ repo, tag });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(total);
    clearTimeout(first);
  }
}
