import { chown, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whole or not at all, readable by its owner only from its first byte on; one that is there is replaced. */
export const writePrivately = async (path: string, text: string, owner: number): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  // An earlier one that was cut off may belong to its owner already.
  await rm(draft, { force: true });
  const file = await open(draft, 'w', 0o400);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  // Only root may give files away; without it they stay the caller's own.
  if (process.getuid?.() === 0) await chown(draft, owner, owner);
  await rename(draft, path);
};
