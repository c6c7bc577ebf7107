import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Container } from 'dockerode';
import tar, { type Header, type Pack } from 'tar-stream';
import { ExecutorError } from '../errors.js';
import { engineMessage, isNotFound } from './docker-errors.js';

export interface OutputLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export const outputLimits: OutputLimits = { entriesMax: 200_000, bytesMax: 8 * 1024 ** 3 };

/**
 * Whether an entry of an archive that a container's content made up may be unpacked: ordinary files, folders and links that
 * stay below the top. Everything else (devices, pipes, `..`, absolute names, links out) is refused.
 */
export const entryProblem = (
  header: Pick<Header, 'name' | 'type'> & { readonly linkname?: string | null },
): string | undefined => {
  const { name, type } = header;
  const leaves = (path: string): boolean =>
    path.startsWith('/') || posix.normalize(path).split('/')[0] === '..' || path.includes('\0');
  if (name === '' || leaves(name)) return `"${name}" leads out of the folder`;
  if (type === 'file' || type === 'directory' || type === undefined || type === null) return undefined;
  const target = header.linkname ?? '';
  if (type === 'symlink')
    return target === '' || leaves(posix.join(posix.dirname(name), target)) || target.startsWith('/')
      ? `the link "${name}" leads out of the folder`
      : undefined;
  if (type === 'link')
    return target === '' || leaves(target) ? `the link "${name}" leads out of the folder` : undefined;
  return `"${name}" is a ${type}, neither file, folder nor link`;
};

const setuidBits = 0o6000;

/** Copies a path of an ended container into a folder of another, entry by checked entry: never an archive as it came. */
export const copyOutput = async (
  from: Container,
  path: string,
  to: Container,
  folder: string,
  limits: OutputLimits = outputLimits,
): Promise<void> => {
  let source: NodeJS.ReadableStream;
  try {
    source = await from.getArchive({ path });
  } catch (error) {
    if (isNotFound(error))
      throw new ExecutorError(
        'output-missing',
        `The output "${path}" is not there after the step: nothing was copied.`,
      );
    throw error;
  }
  const pack = tar.pack();
  const unpacked = copyEntries(source, pack, path, limits).catch((error: Error) => {
    pack.destroy(error);
    throw error;
  });
  try {
    await Promise.all([unpacked, to.putArchive(Readable.from(pack), { path: folder, noOverwriteDirNonDir: '1' })]);
  } catch (error) {
    await unpacked;
    throw new ExecutorError(
      'output-refused',
      `The output "${path}" could not be put into the workspace: ${engineMessage(error)}`,
      { cause: error },
    );
  }
};

const copyEntries = async (
  source: NodeJS.ReadableStream,
  pack: Pack,
  path: string,
  limits: OutputLimits,
): Promise<void> => {
  const extract = tar.extract();
  const feeding = pipeline(source, extract);
  // When an entry is refused the rest is not read, and this ends early; the refusal is what counts.
  feeding.catch(() => undefined);
  let [entries, bytes] = [0, 0];
  for await (const entry of extract) {
    const { header } = entry;
    const problem = entryProblem(header);
    if (problem !== undefined)
      throw new ExecutorError('output-refused', `The output "${path}" is not copied: ${problem}.`);
    entries += 1;
    bytes += header.size ?? 0;
    if (entries > limits.entriesMax || bytes > limits.bytesMax) {
      throw new ExecutorError(
        'output-refused',
        `The output "${path}" is not copied: it has more than ${limits.entriesMax} entries or ${limits.bytesMax} bytes.`,
      );
    }
    const target = pack.entry({ ...header, mode: (header.mode ?? 0o644) & ~setuidBits }, () => undefined);
    if (header.type === 'file') await pipeline(entry, target);
    else {
      entry.resume();
      target.end(undefined);
    }
  }
  await feeding;
  pack.finalize();
};
