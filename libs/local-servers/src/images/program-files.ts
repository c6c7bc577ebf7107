import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readLauncherScript } from '../install/launcher-script.js';
import { runCommand } from '../process/run-command.js';
import type { ImageFile } from './image-files.js';

const LDD_TIMEOUT_MS = 15_000;
const SCRIPT_BYTES_MAX = 4096;

/** A program of this machine and the libraries it is linked against, for an image's root file system. */
export async function programFiles(program: string, path: string): Promise<ImageFile[]> {
  const { program: linked, libraryFolders } = await resolveLauncher(await realpath(program));
  const from = await realpath(linked);
  return [{ kind: 'copy', path, from }, ...(await libraryFiles(from, libraryFolders))];
}

interface Linked {
  readonly program: string;
  readonly libraryFolders: readonly string[];
}

/** A part of our tools cache is a script that names the program and the folders of its libraries. */
async function resolveLauncher(path: string): Promise<Linked> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SCRIPT_BYTES_MAX), 0, SCRIPT_BYTES_MAX, 0);
    const script = readLauncherScript(buffer.toString('latin1', 0, bytesRead));
    if (script === undefined) return { program: path, libraryFolders: [] };
    const here = dirname(dirname(path));
    return {
      program: join(here, script.program),
      libraryFolders: script.libraryFolders.map((folder) => join(here, folder)),
    };
  } finally {
    await file.close();
  }
}

/**
 * Libraries keep the paths that this machine's loader found them at; those of our tools cache go where every loader looks.
 * A static program has none.
 */
async function libraryFiles(program: string, ownFolders: readonly string[]): Promise<ImageFile[]> {
  const environment = ownFolders.length === 0 ? process.env : { ...process.env, LD_LIBRARY_PATH: ownFolders.join(':') };
  const { stdout } = await runCommand('ldd', [program], { timeoutMs: LDD_TIMEOUT_MS, environment });
  return await Promise.all(
    parseLdd(stdout).map(async (library): Promise<ImageFile> => {
      const isOwn = ownFolders.some((folder) => library.startsWith(`${folder}/`));
      return {
        kind: 'copy',
        path: isOwn ? `usr/lib/${basename(library)}` : library.slice(1),
        from: await realpath(library),
      };
    }),
  );
}

export function parseLdd(output: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(output);
  if (missing !== null) throw new Error(`the library ${missing[1]} is missing on this machine`);
  return [...output.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(0x/gm)].flatMap((match) => match[1] ?? []);
}
