import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { ensureCheckpointKey } from './checkpoint-key.js';
import { checkpointPathsIn } from './checkpoint-paths.js';

describe('the key that signs checkpoints', () => {
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.dispose());

  it('is made once however many ask at the same moment, for its owner only', async () => {
    const paths = checkpointPathsIn(join(folder.path, 'new'));
    const keys = await Promise.all(Array.from({ length: 5 }, () => ensureCheckpointKey(paths)));
    const again = await ensureCheckpointKey(paths);
    for (const { privateKey } of keys) expect(privateKey.equals(again.privateKey)).toBe(true);
    expect((await stat(paths.keyFile)).mode & 0o777).toBe(0o600);
    const published = createPublicKey(await readFile(paths.publicKeyFile, 'utf8'));
    expect(published.equals(again.publicKey)).toBe(true);
  });

  it.each([
    ['no key', 'nothing', 'holds no private key in PEM'],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'holds no Ed25519 key',
    ],
  ])('is refused where the file holds %s', async (_, text, message) => {
    const keyFile = join(folder.path, 'given.pem');
    await writeFile(keyFile, text);
    await expect(ensureCheckpointKey(checkpointPathsIn(folder.path, { keyFile }))).rejects.toThrow(message);
  });
});
