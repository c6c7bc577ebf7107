import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completeSecrets, InstallationSecrets, KeptSecrets } from './installation-secrets.js';
import { writePrivately } from './write-privately.js';

const keptFile = (folder: string): string => join(folder, 'kept', 'secrets.json');

/** For what comes after the first step: reads and makes nothing. */
export const readSecrets = async (folder: string): Promise<InstallationSecrets> =>
  InstallationSecrets.parse(JSON.parse(await readFile(keptFile(folder), 'utf8')));

const readKept = async (folder: string): Promise<KeptSecrets> => {
  try {
    return KeptSecrets.parse(JSON.parse(await readFile(keptFile(folder), 'utf8')));
  } catch (error) {
    const isAbsent = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    if (isAbsent) return {};
    // New ones in their place would lock this installation out of its own data.
    throw new Error(`${keptFile(folder)} cannot be used; put a backup of it in its place`, { cause: error });
  }
};

/** The installation's secrets, made at the first call and the same ever after. */
export const keepSecrets = async (folder: string, integrations: readonly string[]): Promise<InstallationSecrets> => {
  const kept = await readKept(folder);
  const secrets = completeSecrets(kept, integrations, (bytes, encoding) => randomBytes(bytes).toString(encoding));
  await writePrivately(keptFile(folder), JSON.stringify(secrets, undefined, 2), 0);
  return secrets;
};
