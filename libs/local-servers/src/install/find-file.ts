import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The first file under a folder whose name is accepted. */
export async function findFile(folder: string, accepts: (name: string) => boolean): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const entry = entries.find((candidate) => candidate.isFile() && accepts(candidate.name));
  return entry === undefined ? undefined : join(entry.parentPath, entry.name);
}
