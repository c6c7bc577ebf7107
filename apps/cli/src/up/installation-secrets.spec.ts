import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureInstallationSecrets } from './installation-secrets.js';

describe('the secrets of an installation', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cyclone-secrets-'));
    path = join(folder, 'data', 'secrets.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are made once, for their owner only, and no draft stays', async () => {
    const made = await ensureInstallationSecrets(path);
    expect(Buffer.from(made.masterKey, 'base64')).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'data'))).toEqual(['secrets.json']);
    expect(await ensureInstallationSecrets(path)).toEqual(made);
  });

  it('are different everywhere', async () => {
    const here = await ensureInstallationSecrets(path);
    const there = await ensureInstallationSecrets(join(folder, 'other', 'secrets.json'));
    const all = [here, there].flatMap(({ masterKey, nats }) => [masterKey, ...Object.values(nats)]);
    expect(new Set(all).size).toBe(8);
  });

  it.each([
    ['', /is damaged$/],
    ['{"masterKey":', /is damaged$/],
    ['{"masterKey":"c2hvcnQ=","nats":{}}', /is damaged \(masterKey, nats\.control, nats\.runner, nats\.integration\)$/],
  ])('are never replaced when the file is damaged: %j', async (content, message) => {
    await ensureInstallationSecrets(path);
    await writeFile(path, content);
    await expect(ensureInstallationSecrets(path)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringContaining('backup'),
      exitCode: 1,
    });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('are not repeated in the message', async () => {
    const { masterKey } = await ensureInstallationSecrets(path);
    await writeFile(path, JSON.stringify({ masterKey, nats: { control: 'hunter2' } }));
    await expect(ensureInstallationSecrets(path)).rejects.toMatchObject({
      message: expect.not.stringMatching(/hunter2/),
    });
  });
});
