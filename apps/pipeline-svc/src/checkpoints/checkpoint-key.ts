import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointPaths } from './checkpoint-paths.js';

export interface CheckpointKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * Reads the Ed25519 key that signs checkpoints, or makes it once, readable by its owner only; any number of processes
 * may ask at the same moment. The public half is written down for those who check.
 */
export const ensureCheckpointKey = async ({ keyFile, publicKeyFile }: CheckpointPaths): Promise<CheckpointKey> => {
  const pem = (await readIfPresent(keyFile)) ?? (await makeKey(keyFile));
  const privateKey = parseKey(pem, keyFile);
  const publicKey = createPublicKey(privateKey);
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  if ((await readIfPresent(publicKeyFile)) !== publicPem) await writeWhole(publicKeyFile, publicPem);
  return { privateKey, publicKey };
};

const makeKey = async (path: string): Promise<string> => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true });
  try {
    // Unlike a rename this does not replace the key of who was first.
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
};

const parseKey = (pem: string, path: string): KeyObject => {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new Error(`${path} holds no private key in PEM`, { cause });
  }
  throw new Error(`${path} holds no Ed25519 key: "openssl genpkey -algorithm ed25519" makes one`);
};

const writeWhole = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(draft, text, { mode: 0o644, flush: true });
  await rename(draft, path);
};

const readIfPresent = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
