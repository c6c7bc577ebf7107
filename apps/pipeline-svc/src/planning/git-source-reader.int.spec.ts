import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseSourcePolicy } from '@cyclone/job-engine/source-policy';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { CommitSha } from '@cyclone/contracts';
import { startGitHttpServer, type GitHttpServer } from '../testing/git-http-server.js';
import { TestRepository } from '../testing/test-repository.js';
import { GitSourceReader } from './git-source-reader.js';
import { judgeSourceBy } from './judge-source.js';
import { SourceError, type SourceRequest } from './source-reader.js';

let folder: TemporaryFolder;
let repository: TestRepository;
let server: GitHttpServer;
let first: CommitSha;
let second: CommitSha;

beforeAll(async () => {
  folder = await temporaryFolder();
  repository = new TestRepository(folder.path);
  first = repository.commit({ 'cyclone.yaml': 'first', 'large.txt': 'x'.repeat(2_000_000) }, 'First\n\nWith a body');
  second = repository.commit({ 'cyclone.yaml': 'second' }, 'Second');
  server = await startGitHttpServer(folder.path, { user: 'ada', password: 'right' });
});
afterEach(() => server.answerWith(undefined));
afterAll(async () => {
  await server.close();
  await folder.dispose();
});

const workFolder = () => join(folder.path, 'git-work');
const readerOf = async (allowed: string, deadlineMs = 10_000): Promise<GitSourceReader> => {
  const judgeSource = judgeSourceBy(parseSourcePolicy(allowed));
  const reader = new GitSourceReader({
    workFolder: workFolder(),
    judgeSource,
    searchPath: process.env['PATH'] ?? '',
    deadlineMs,
  });
  await reader.prepare();
  return reader;
};
const read = async (over: Partial<SourceRequest>, allowed = `127.0.0.1,${folder.path}`, deadlineMs?: number) =>
  (await readerOf(allowed, deadlineMs)).read({
    url: repository.path,
    ref: 'main',
    paths: ['nothing.yaml', 'cyclone.yaml'],
    ...over,
  });
const faultOf = async (over: Partial<SourceRequest>, allowed?: string, deadlineMs?: number): Promise<string> => {
  try {
    await read(over, allowed, deadlineMs);
  } catch (error) {
    if (error instanceof SourceError) return error.code;
    throw error;
  }
  return 'none';
};
const remote = () => ({ url: `http://127.0.0.1:${server.port}/shop.git`, username: 'ada', password: 'right' });
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe.each([
  ['a folder', () => ({})],
  ['a server', remote],
])('from %s', (_where, place) => {
  it('reads the tip of a branch: commit, full ref, the first file that is there', async () => {
    const snapshot = await read(place());
    expect(snapshot).toMatchObject({
      sha: second,
      ref: 'refs/heads/main',
      commit: { message: 'Second', authorName: 'Ada', authorEmail: 'ada@example.com' },
    });
    expect(snapshot.file?.path).toBe('cyclone.yaml');
    expect(text(snapshot.file?.bytes)).toBe('second');
  });
  it('reads exactly the commit that is asked for', async () => {
    const snapshot = await read({ ...place(), ref: 'refs/heads/main', sha: first });
    expect(snapshot).toMatchObject({ sha: first, ref: 'refs/heads/main', commit: { message: 'First\n\nWith a body' } });
    expect(text(snapshot.file?.bytes)).toBe('first');
  });
  it('takes the file of another ref where outsiders may not choose it', async () => {
    const snapshot = await read({ ...place(), sha: first, fileRef: 'refs/heads/main' });
    expect(snapshot.sha).toBe(first);
    expect(text(snapshot.file?.bytes)).toBe('second');
  });
  it('says that a ref or commit is gone', async () => {
    expect(await faultOf({ ...place(), ref: 'no-such-branch' })).toBe('ref-gone');
    expect(await faultOf({ ...place(), sha: CommitSha.parse('1'.repeat(40)) })).toBe('ref-gone');
  });
  it.each(['--upload-pack=touch x', '-h', 'a..b', 'main:cyclone.yaml', 'x\ny', 'main^'])(
    'takes %j for no ref',
    async (ref) => {
      expect(await faultOf({ ...place(), ref })).toBe('ref-gone');
    },
  );
  it('reads no file that is larger than a pipeline file may be', async () => {
    expect(await faultOf({ ...place(), paths: ['large.txt'] })).toBe('file-too-large');
    await expect(read({ ...place(), paths: ['large.txt'] })).rejects.toThrow('large.txt has 2000000 bytes');
  });
});

describe('from a server', () => {
  it('leaves nothing behind', async () => {
    await read(remote());
    expect(readdirSync(workFolder()).sort()).toEqual(['ask-password', 'home']);
  });
  it('says that credentials are missing or wrong, without repeating them', async () => {
    expect(await faultOf({ ...remote(), password: undefined })).toBe('authentication-failed');
    await expect(read({ ...remote(), password: 'wr0ng' })).rejects.toThrow(/^(?!.*wr0ng)/);
  });
  it('says that there is no such repository', async () => {
    expect(await faultOf({ ...remote(), url: `http://127.0.0.1:${server.port}/none.git` })).toBe(
      'repository-not-found',
    );
  });
  it('takes a broken or silent host for one that may come back', async () => {
    server.answerWith(503);
    expect(await faultOf(remote())).toBe('host-unreachable');
    expect(await faultOf({ ...remote(), url: 'http://127.0.0.1:1/shop.git' })).toBe('host-unreachable');
  });
  it('follows no redirect', async () => {
    server.answerWith(302, { location: 'http://127.0.0.1:1/inside' });
    expect(await faultOf(remote())).toBe('fetch-failed');
  });
});

describe('where repositories may live', () => {
  it.each([
    'http://127.0.0.1/x.git',
    'https://169.254.169.254/x.git',
    'file:///etc',
    '/etc',
    'ext::sh -c id',
    '-oProxyCommand=x',
    'git://example.com/x',
  ])('is not %s, unless an administrator allows it', async (url) =>
    expect(await faultOf({ url }, '')).toBe('url-refused'),
  );
});
