import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { parseLines, readExportedLines, readPublicKeys } from './read-checkpoint-files.js';

describe('the files of checkpoints', () => {
  let folder: TemporaryFolder;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.dispose());

  it('gives each line its place, what is no JSON as text, and leaves out a line that is still being written', () => {
    expect(parseLines('c.jsonl', '{"position":1}\n{"pos\n{"position":3}')).toEqual([
      { place: 'c.jsonl:1', value: { position: 1 } },
      { place: 'c.jsonl:2', value: '{"pos' },
    ]);
  });

  it('tells that the lines are gone', async () => {
    const { lines, findings } = await readExportedLines(join(folder.path, 'gone.jsonl'));
    expect(lines).toEqual([]);
    expect(findings).toMatchObject([{ check: 'checkpoint', message: expect.stringContaining('gone.jsonl') }]);
  });

  it('reads all public keys of a file, and refuses one without', async () => {
    const pem = (): string =>
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const path = join(folder.path, 'keys.pem');
    await writeFile(path, `${pem()}\n${pem()}`);
    expect(await readPublicKeys(path)).toHaveLength(2);
    await writeFile(path, 'nothing');
    await expect(readPublicKeys(path)).rejects.toThrow('holds no public key');
  });
});
