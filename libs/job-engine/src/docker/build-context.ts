import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Container } from 'dockerode';
import tar from 'tar-stream';
import { ExecutorError } from '../errors.js';
import { isNotFound } from './docker-errors.js';
import { dockerIgnore } from './dockerignore.js';

const smallFileBytesMax = 256 * 1024;

export interface BuildContext {
  readonly archive: NodeJS.ReadableStream;
  /** Where the Dockerfile is in the archive. */
  readonly dockerfile: string;
}

/** A Dockerfile from outside of the context travels in it under this name. */
const foreignDockerfile = '.cyclone.dockerfile';

/**
 * A folder of the workspace as an image's context: flows from engine to engine, and never touches the host's disk.
 * Both paths are absolute in the workspace.
 */
export const buildContext = async (files: Container, folder: string, dockerfile: string): Promise<BuildContext> => {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await files.getArchive({ path: `${folder}/.` });
  } catch (error) {
    if (isNotFound(error))
      throw new ExecutorError('image-build-failed', `The build context "${folder}" is not in the workspace.`, {
        cause: error,
      });
    throw error;
  }
  const inside = dockerfile.startsWith(`${folder}/`);
  const name = inside ? dockerfile.slice(folder.length + 1) : foreignDockerfile;
  const extra = inside ? undefined : await readFile(files, dockerfile);
  if (!inside && extra === undefined)
    throw new ExecutorError('image-build-failed', `The Dockerfile "${dockerfile}" is not in the workspace.`);
  const ignoreText = await readFile(files, `${folder}/.dockerignore`);
  // Nothing to change: the archive goes through as it is.
  if (ignoreText === undefined && extra === undefined) return { archive, dockerfile: name };
  const ignored = dockerIgnore(ignoreText ?? '', name);
  return {
    archive: rewriteArchive(archive, ignored, extra === undefined ? [] : [{ name, text: extra }]),
    dockerfile: name,
  };
};

/** A small text file of the workspace; undefined where there is none. */
const readFile = async (files: Container, path: string): Promise<string | undefined> => {
  try {
    const archive = await files.getArchive({ path });
    const extract = tar.extract();
    const feeding = pipeline(archive, extract);
    feeding.catch(() => undefined);
    let text = '';
    for await (const entry of extract) {
      if ((entry.header.size ?? 0) > smallFileBytesMax)
        throw new ExecutorError('image-build-failed', `The file "${path}" is larger than ${smallFileBytesMax} bytes.`);
      for await (const chunk of entry) text += String(chunk);
    }
    return text;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const rewriteArchive = (
  archive: NodeJS.ReadableStream,
  ignored: (path: string) => boolean,
  extra: readonly { readonly name: string; readonly text: string }[],
): NodeJS.ReadableStream => {
  const extract = tar.extract();
  const pack = tar.pack();
  const filter = async (): Promise<void> => {
    const feeding = pipeline(archive, extract);
    feeding.catch(() => undefined);
    for await (const entry of extract) {
      if (ignored(entry.header.name)) {
        entry.resume();
        continue;
      }
      const target = pack.entry(entry.header, () => undefined);
      if (entry.header.type === 'file') await pipeline(entry, target);
      else {
        entry.resume();
        target.end(undefined);
      }
    }
    await feeding;
    for (const { name, text } of extra) pack.entry({ name, mode: 0o644 }, text);
    pack.finalize();
  };
  filter().catch((error: Error) => pack.destroy(error));
  return Readable.from(pack);
};
