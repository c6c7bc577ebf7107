import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { hasCode } from '../failures.js';

const Key = z.base64().refine((value) => Buffer.from(value, 'base64').length === 32, 'must be 32 bytes');

/** What an installation must keep apart from its database, made at its first start. */
export const InstallationSecrets = z.object({
  /** Encrypts secrets at rest; without it they cannot be read again. */
  masterKey: Key,
  nats: z.object({ control: z.string().min(20), runner: z.string().min(20), integration: z.string().min(20) }),
});
export type InstallationSecrets = z.infer<typeof InstallationSecrets>;

/**
 * Reads them, or makes them once. The file is written whole or not at all, readable by its owner only. A damaged one is never
 * replaced: what was encrypted with its key would be lost for good.
 */
export async function ensureInstallationSecrets(path: string): Promise<InstallationSecrets> {
  const present = await readIfPresent(path);
  if (present !== undefined) return parse(path, present);
  const secrets: InstallationSecrets = {
    masterKey: randomBytes(32).toString('base64'),
    nats: { control: password(), runner: password(), integration: password() },
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(draft, path);
  return secrets;
}

function parse(path: string, text: string): InstallationSecrets {
  try {
    return InstallationSecrets.parse(JSON.parse(text));
  } catch (error) {
    // Which field, never its value.
    const places = error instanceof z.ZodError ? error.issues.map((issue) => issue.path.join('.')).join(', ') : '';
    throw new CommandFailure(
      `${path} is damaged${places === '' ? '' : ` (${places})`}`,
      exitCodes.failed,
      'put it back from a backup: its key opens the stored secrets. To begin anew, take the whole data folder away',
    );
  }
}

const password = (): string => randomBytes(24).toString('base64url');

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
