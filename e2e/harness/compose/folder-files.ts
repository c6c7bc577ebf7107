import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFile } from '@cyclone/local-servers';

/** All regular files of a folder for an image's root file system, with the rights that they have here. */
export async function folderFiles(from: string, path: string): Promise<ImageFile[]> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    files.sort().map(async (file): Promise<ImageFile> => {
      const { mode } = await lstat(file);
      return { kind: 'copy', path: join(path, file.slice(from.length + 1)), from: file, mode: mode & 0o777 };
    }),
  );
}
