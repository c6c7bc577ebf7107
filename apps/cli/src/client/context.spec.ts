import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contextPath, resolveContext, storeContext } from './context.js';

const stored = { url: 'http://stored.example.com', token: 'stored-token' };

describe('which server, and as whom', () => {
  let folder: string;
  let home: { readonly XDG_CONFIG_HOME: string };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cyclone-context-'));
    home = { XDG_CONFIG_HOME: folder };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is what was stored, for its owner only', async () => {
    const path = await storeContext(stored, home);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await resolveContext({}, home)).toEqual(stored);
  });

  it('is replaced whole when it is stored again', async () => {
    await storeContext(stored, home);
    const path = await storeContext({ ...stored, token: 'second' }, home);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ ...stored, token: 'second' });
  });

  it('comes from flags before the environment before the file', async () => {
    await storeContext(stored, home);
    const environment = { ...home, CYCLONE_URL: 'http://environment.example.com', CYCLONE_TOKEN: 'environment-token' };
    expect(await resolveContext({}, environment)).toEqual({
      url: 'http://environment.example.com',
      token: 'environment-token',
    });
    expect(await resolveContext({ url: 'https://flag.example.com/' }, environment)).toEqual({
      url: 'https://flag.example.com',
      token: 'environment-token',
    });
    expect(await resolveContext({ token: 'flag-token' }, home)).toEqual({ ...stored, token: 'flag-token' });
  });

  it('never sends a stored token to another server', async () => {
    await storeContext(stored, home);
    expect(await resolveContext({ url: `${stored.url}/` }, home)).toEqual(stored);
    await expect(resolveContext({ url: 'http://other.example.com' }, home)).rejects.toMatchObject({
      message: 'no token for http://other.example.com is known',
      exitCode: 2,
    });
  });

  it('says how to sign in where nothing is known', async () => {
    await expect(resolveContext({}, home)).rejects.toMatchObject({
      message: 'no server is known',
      exitCode: 2,
      hint: expect.stringContaining('cyclone login'),
    });
    await expect(resolveContext({ url: stored.url }, home)).rejects.toMatchObject({ message: 'no token is known' });
  });

  it.each(['', '{"url":', '{"url":"http://a.example.com"}', '[]'])('names a damaged file: %j', async (content) => {
    const path = contextPath(home);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await expect(resolveContext({}, home)).rejects.toMatchObject({ message: `${path} is damaged`, exitCode: 2 });
    expect(await resolveContext(stored, home)).toEqual(stored);
  });

  it.each(['127.0.0.1:7099', 'ftp://a.example.com', 'nowhere'])('refuses %s as an address', async (url) => {
    await expect(resolveContext({ url, token: 'token' }, home)).rejects.toMatchObject({
      message: `${url} is not the address of a server`,
      exitCode: 2,
    });
  });

  it('refuses what cannot be a token, without repeating it', async () => {
    const refused = resolveContext({ url: stored.url, token: 'two\nlines' }, home);
    await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.not.stringContaining('two') });
  });
});
