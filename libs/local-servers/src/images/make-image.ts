import type Docker from 'dockerode';
import { fingerprint, tarOf } from './image-files.js';
import type { ImageFile } from './image-files.js';

export interface ImageToMake {
  /** `name:tag` */
  readonly reference: string;
  readonly files: readonly ImageFile[];
  /** Dockerfile instructions that `docker import` takes: ENV, CMD, ENTRYPOINT, EXPOSE, USER, LABEL... */
  readonly changes: readonly string[];
}

const FINGERPRINT_LABEL = 'io.cyclone.made-of';

/** Imports an image of these files unless the same one is there; tells whether it had to be made. */
export async function makeImage(docker: Docker, image: ImageToMake): Promise<'present' | 'made'> {
  const madeOf = await fingerprint(image.files, image.changes);
  const before = await findImage(docker, image.reference);
  if (before?.labels.get(FINGERPRINT_LABEL) === madeOf) return 'present';
  const [repo, tag] = splitReference(image.reference);
  // The engine reads this as lines of a Dockerfile; dockerode would send an array as one JSON text.
  const changes = [...image.changes, `LABEL ${FINGERPRINT_LABEL}=${madeOf}`].join('\n');
  const progress = await docker.importImage(tarOf(image.files), { repo, tag, changes });
  await finished(docker, progress);
  if (before !== undefined) await removeReplaced(docker, before.id);
  return 'made';
}

export interface PresentImage {
  readonly id: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** Undefined where there is no such image. */
export async function findImage(docker: Docker, reference: string): Promise<PresentImage | undefined> {
  try {
    const { Config, Id } = await docker.getImage(reference).inspect();
    return { id: Id, labels: new Map(Object.entries(Config.Labels ?? {})) };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** It has lost its name and would fill the disk; where a container or another name still uses it, it stays. */
async function removeReplaced(docker: Docker, id: string): Promise<void> {
  await docker
    .getImage(id)
    .remove()
    .catch(() => undefined);
}

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404;
}

export function isMadeHere({ labels }: PresentImage): boolean {
  return labels.has(FINGERPRINT_LABEL);
}

/** The engine tells of a failure inside the stream, after the status 200; dockerode turns it into an error. */
export function finished(docker: Docker, progress: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(progress, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

export function splitReference(reference: string): [repo: string, tag: string] {
  const colon = reference.lastIndexOf(':');
  if (colon < 0 || reference.includes('/', colon)) return [reference, 'latest'];
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}
