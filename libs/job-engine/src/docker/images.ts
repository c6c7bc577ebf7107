import type { ImageRef, JobAssignment } from '@cyclone/contracts';
import type Docker from 'dockerode';
import { ExecutorError } from '../errors.js';
import type { OutputSink } from '../logs/output-sink.js';
import { engineMessage, isNotFound, isUnreachable } from './docker-errors.js';
import { followProgress } from './progress.js';

export type Registries = JobAssignment['registries'];

/** `registry.example.com:5000` of an image's name; Docker Hub where it names none. */
export const registryHostOf = (image: string): string => {
  const [first = ''] = image.split('/');
  return image.includes('/') && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
};

/** An empty one is still sent: some registries' engines refuse a push without. */
export const authFor = (
  image: string,
  registries: Registries,
): { username?: string; password?: string; serveraddress?: string } => {
  const host = registryHostOf(image);
  const login = registries.find(
    (registry) => registry.host === host || (host === 'docker.io' && registry.host === 'index.docker.io'),
  );
  return login === undefined ? {} : { username: login.username, password: login.password, serveraddress: login.host };
};

export interface LocalImage {
  readonly reference: string;
  readonly digest?: string;
}

const inspect = async (docker: Docker, name: string): Promise<LocalImage | undefined> => {
  try {
    const found = await docker.getImage(name).inspect();
    return { reference: name, digest: found.RepoDigests?.[0]?.split('@')[1] };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/** Makes sure that the engine has an image, and says in the log what that takes. */
export const ensureImage = async (
  docker: Docker,
  image: ImageRef & { kind: 'named' },
  registries: Registries,
  output: Pick<OutputSink, 'note'>,
  signal?: AbortSignal,
): Promise<LocalImage> => {
  const present = image.pull === 'always' ? undefined : await inspect(docker, image.name);
  if (present !== undefined) return present;
  if (image.pull === 'never') {
    throw new ExecutorError(
      'image-not-found',
      `The image "${image.name}" is not on the runner's machine, and the file says not to pull it.`,
    );
  }
  output.note(`[cyclone] pulling ${image.name}`);
  const began = performance.now();
  try {
    const stream = await docker.pull(image.name, { authconfig: authFor(image.name, registries), abortSignal: signal });
    await followProgress(stream, {});
  } catch (error) {
    throw pullError(image.name, error);
  }
  output.note(`[cyclone] pulled ${image.name} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const pulled = await inspect(docker, image.name);
  if (pulled === undefined)
    throw new ExecutorError(
      'image-pull-failed',
      `The image "${image.name}" was pulled, but the engine does not have it.`,
    );
  return pulled;
};

const pullError = (name: string, error: unknown): ExecutorError => {
  const message = engineMessage(error);
  const options = { cause: error };
  if (isUnreachable(error))
    return new ExecutorError('engine-unavailable', `The Docker Engine of the runner does not answer (${message}).`, {
      ...options,
      retriable: true,
    });
  if (/unauthorized|authentication required|denied/i.test(message)) {
    return new ExecutorError(
      'image-pull-denied',
      `The image "${name}" could not be pulled: ${message}. Is its name right, and is there a login for its registry?`,
      options,
    );
  }
  if (isNotFound(error) || /not found|manifest unknown/i.test(message)) {
    return new ExecutorError(
      'image-not-found',
      `The image "${name}" does not exist in its registry: ${message}`,
      options,
    );
  }
  return new ExecutorError(
    'image-pull-failed',
    `The image "${name}" is not on the runner's machine and could not be pulled: ${message}`,
    { ...options, retriable: true },
  );
};
