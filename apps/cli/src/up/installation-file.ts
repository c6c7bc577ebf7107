import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How other commands find what `cyclone up` runs from the same data folder. */
export const Installation = z.object({
  url: z.url(),
  mongo: z.object({ url: z.string(), database: z.string() }),
  checkpoints: z.object({ publicKeyFile: z.string(), linesFile: z.string() }),
});
export type Installation = z.infer<typeof Installation>;

const pathIn = (dataDir: string): string => join(dataDir, 'installation.json');

/** For its owner only: a server's URL may hold a password. */
export async function writeInstallation(dataDir: string, installation: Installation): Promise<void> {
  const draft = `${pathIn(dataDir)}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(installation, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, pathIn(dataDir));
}

/** Undefined when nothing runs from this folder. */
export async function readInstallation(dataDir: string): Promise<Installation | undefined> {
  try {
    return Installation.parse(JSON.parse(await readFile(pathIn(dataDir), 'utf8')));
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export const removeInstallation = (dataDir: string): Promise<void> => rm(pathIn(dataDir), { force: true });
