import { realpath } from 'node:fs/promises';
import { runCommand } from '../process/run-command.js';
import type { ImageFile } from './image-files.js';

const LDD_TIMEOUT_MS = 15_000;

/** A program of this machine and the libraries it is linked against, for an image's root file system. */
export async function programFiles(program: string, path: string): Promise<ImageFile[]> {
  const from = await realpath(program);
  return [{ kind: 'copy', path, from }, ...(await libraryFiles(from))];
}

/** Libraries keep the paths that this machine's loader found them at. A static program has none. */
async function libraryFiles(program: string): Promise<ImageFile[]> {
  const { stdout } = await runCommand('ldd', [program], { timeoutMs: LDD_TIMEOUT_MS });
  const libraries = parseLdd(stdout);
  return await Promise.all(
    libraries.map(async (library): Promise<ImageFile> => {
      return { kind: 'copy', path: library.slice(1), from: await realpath(library) };
    }),
  );
}

export function parseLdd(output: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(output);
  if (missing !== null) throw new Error(`the library ${missing[1]} is missing on this machine`);
  return [...output.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(0x/gm)].flatMap((match) => match[1] ?? []);
}
