import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { programFiles } from '@cyclone/local-servers';
import type { ImageFile } from '@cyclone/local-servers';

const scriptBytesMax = 4_096;

/**
 * The files of a program that may be started by one of our launcher scripts, which give it libraries of its own
 * folder: in an image those go where the loader looks anyway.
 */
export async function launchedProgramFiles(program: string, path: string): Promise<ImageFile[]> {
  const script = (await readFile(program)).subarray(0, scriptBytesMax).toString('latin1');
  if (!script.startsWith('#!')) return await programFiles(program, path);
  const here = dirname(dirname(program));
  const started = /exec "\$here\/([^"]+)"/.exec(script)?.[1];
  if (started === undefined) throw new Error(`${program} is a script of a kind that cannot be put into an image`);
  const folders = [...script.matchAll(/\$here\/([^:"$]+)(?=[:"$])/g)].flatMap(([, folder]) => folder ?? []);
  const libraries = await Promise.all(
    folders.filter((folder) => folder !== started).map((folder) => libraryFiles(join(here, folder))),
  );
  // Its own first: of two files with one path an image gets the first.
  return [...libraries.flat(), ...(await programFiles(join(here, started), path, libraryPath(here, folders)))];
}
