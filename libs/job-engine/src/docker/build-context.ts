import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Container } from 'dockerode';
import tar from 'tar-stream';
import { ExecutorError } from '../errors.js';
import { isNotFound } from './docker-errors.js';
import { dockerIgnore } from './dockerignore.js';

const ignoreFileBytesMax = 256 * 1024;

/** A folder of the workspace as an image's context: flows from engine to engine, and never touches the host's disk. */
export const buildContext = async (
  files: Container,
  folder: string,
  dockerfile: string,
): Promise<NodeJS.ReadableStream> => {
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
  const ignored = await readIgnoreFile(files, folder);
  // Names begin with "./" already: without rules the archive goes through as it is.
  return ignored === undefined ? archive : filterArchive(archive, dockerIgnore(ignored, posix.normalize(dockerfile)));
};

const readIgnoreFile = async (files: Container, folder: string): Promise<string | undefined> => {
  try {
    const archive = await files.getArchive({ path: `${folder}/.dockerignore` });
    const extract = tar.extract();
    const feeding = pipeline(archive, extract);
    feeding.catch(() => undefined);
    let text = '';
    for await (const entry of extract) {
      if ((entry.header.size ?? 0) > ignoreFileBytesMax)
        throw new ExecutorError('image-build-failed', 'The .dockerignore file is larger than 256 KiB.');
      for await (const chunk of entry) text += String(chunk);
    }
    return text;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const filterArchive = (archive: NodeJS.ReadableStream, ignored: (path: string) => boolean): NodeJS.ReadableStream => {
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
    pack.finalize();
  };
  filter().catch((error: Error) => pack.destroy(error));
  return Readable.from(pack);
};
