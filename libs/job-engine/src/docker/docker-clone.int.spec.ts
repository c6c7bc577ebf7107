import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommitSha } from '@cyclone/contracts';
import { ensureImage } from '@cyclone/local-servers';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { runJob } from '../run-job.js';
import { ScriptedImageBuilder } from '../scripted/scripted.image-builder.js';
import { openTestExecutor, type TestExecutor } from '../testing/docker-harness.js';
import { aJob, aStep, type JobDraft } from '../testing/job-builder.js';
import { RecordingObserver } from '../testing/recording-observer.js';

jest.setTimeout(60_000);

describe('cloning on a Docker Engine', () => {
  let test: TestExecutor;
  let folder: TemporaryFolder;
  let shas: string[];
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], {
      cwd: join(folder.path, 'shop'),
      encoding: 'utf8',
    }).trim();

  beforeAll(async () => {
    folder = await temporaryFolder('clone');
    mkdirSync(join(folder.path, 'shop'));
    git('init', '-q', '-b', 'main');
    shas = ['one', 'two'].map((text) => {
      writeFileSync(join(folder.path, 'shop', 'file'), text);
      git('add', '.');
      git('commit', '-q', '-m', text);
      return git('rev-parse', 'HEAD');
    });
    test = await openTestExecutor({
      sourcePolicy: { allowedHosts: ['127.0.0.1'], allowedFolders: [`${folder.path}/`] },
    });
    await ensureImage(test.docker, 'git');
  }, 180_000);
  afterAll(async () => {
    await test.close();
    await folder.dispose();
    expect(await test.leftovers()).toEqual([]);
  });

  const run = async (source: Partial<JobDraft['source']>, depth?: number) => {
    const observer = new RecordingObserver();
    const full = {
      url: 'https://example.com/shop.git',
      ref: 'refs/heads/main',
      sha: CommitSha.parse(shas[1]),
      ...source,
    };
    const steps = [
      aStep({ id: 'clone', kind: 'clone', depth }),
      aStep({ id: 'look', needs: ['clone'], commands: ['cat file; echo', 'cat .git/config', 'env'] }),
    ];
    const ports = { executor: test.executor, images: new ScriptedImageBuilder(), observer };
    const result = await runJob(aJob({ steps, source: full }), ports, { signal: new AbortController().signal });
    await result.destroyed;
    return observer;
  };

  it.each([undefined, 1])('brings exactly the commit from a folder of the machine (depth %s)', async (depth) => {
    const observer = await run({ localPath: join(folder.path, 'shop'), sha: CommitSha.parse(shas[0]) }, depth);
    expect(observer.textOf('clone')).toContain('HEAD is now at');
    expect(observer.outcomes()).toEqual({ clone: 'succeeded', look: 'succeeded' });
    expect(observer.textOf('look')).toContain('+ cat file; echo\none\n');
  });

  it('fails where the commit is not there', async () => {
    const observer = await run({ localPath: join(folder.path, 'shop'), sha: CommitSha.parse('b'.repeat(40)) });
    expect(observer.outcomes()).toEqual({ clone: 'failed', look: 'skipped' });
  });

  it.each([
    ['a foreign folder', { localPath: '/etc' }],
    ['an inside address', { url: 'https://169.254.169.254/x' }],
    ['a helper program', { url: 'ext::sh -c id' }],
    ['an option as ref', { ref: '--upload-pack=touch /tmp/x' }],
  ])('refuses %s before anything runs', async (_what, source) => {
    const observer = await run(source);
    expect(observer.starts).toEqual([]);
    expect(observer.endOf('clone')).toMatchObject({ outcome: 'failed', reason: { code: 'source-refused' } });
  });

  it('gives git the credentials, and leaves them nowhere', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response
        .writeHead(request.headers.authorization === undefined ? 401 : 404, { 'www-authenticate': 'Basic realm="x"' })
        .end();
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const observer = await run({ url: `http://127.0.0.1:${port}/shop.git`, username: 'ci', password: 'very-secret' });
    server.close();
    expect(seen).toContain(`Basic ${Buffer.from('ci:very-secret').toString('base64')}`);
    expect(observer.endOf('clone').outcome).toBe('failed');
    expect(observer.textOf('clone')).not.toContain('very-secret');
  });
});
