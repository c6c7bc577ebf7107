import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeliveryView } from '@cyclone/contracts';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { startTestGateway, type TestGateway } from '../testing/test-gateway.js';
import { installBareHook, isAllowedFolder, removeBareHook } from './install-bare-hook.js';

const run = promisify(execFile);
let gateway: TestGateway;
let folder: TemporaryFolder;
let admin: string;
let work: string;
let bare: string;

const git = (...args: string[]) =>
  run('git', ['-C', work, '-c', 'user.name=Mara Ortiz', '-c', 'user.email=mara@example.org', ...args], {
    env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1' },
  });
const push = async (...args: string[]): Promise<string> => (await git('push', 'origin', ...args)).stderr;
const deliveries = async (): Promise<DeliveryView[]> =>
  (
    (await (await gateway.request('GET', '/api/v1/projects/local/deliveries', { token: admin })).json()) as {
      items: DeliveryView[];
    }
  ).items;
const changeOf = (ref: string) =>
  eventually(async () => {
    const found = (await deliveries()).find((view) => view.change?.ref === ref);
    expect(found?.verdict).toMatchObject({ kind: 'built' });
    return found?.change;
  });

beforeAll(async () => {
  folder = await temporaryFolder('bare');
  bare = join(folder.path, 'srv', "shop's.git");
  work = join(folder.path, 'work');
  await mkdir(join(folder.path, 'srv'));
  gateway = await startTestGateway({ allowedHosts: [join(folder.path, 'srv')] });
  admin = await gateway.tokenFor('admin');
  await run('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  await run('git', ['clone', '-q', bare, work]);
  await writeFile(join(bare, 'hooks', 'post-receive'), `#!/bin/sh\ncat > '${folder.path}/earlier'\n`);
  await chmod(join(bare, 'hooks', 'post-receive'), 0o755);
  const made = await gateway.request('POST', '/api/v1/projects', {
    token: admin,
    body: { id: 'local', name: 'Local', repository: { url: bare, forge: 'bare' } },
  });
  expect(await made.json()).toMatchObject({ hook: { outcome: 'registered' } });
}, 30_000);
afterAll(async () => {
  await gateway.stop();
  await folder.dispose();
});

describe('a repository on disk', () => {
  it('is given its hook with the project; a push becomes a build, and the hook that was there still runs', async () => {
    await git('commit', '-q', '--allow-empty', '-m', 'Show "prices" with $(tax) & more\n\nüber alles');
    expect(await push('HEAD:main')).toContain('cyclone: told of the push');
    const change = await changeOf('refs/heads/main');
    expect(change).toMatchObject({
      kind: 'push',
      message: 'Show "prices" with $(tax) & more\n\nüber alles',
      author: { name: 'Mara Ortiz', email: 'mara@example.org' },
    });
    expect(change?.before).toBeUndefined();
    expect(await readFile(join(folder.path, 'earlier'), 'utf8')).toContain('refs/heads/main');
  });

  it('tells of an annotated tag by its commit, and of several refs one by one', async () => {
    await git('commit', '-q', '--allow-empty', '-m', 'second');
    await git('tag', '-a', 'v1', '-m', 'one');
    await push('HEAD:main', 'HEAD:refs/heads/other', 'v1');
    const [main, tag] = [await changeOf('refs/heads/other'), await changeOf('refs/tags/v1')];
    expect(tag).toMatchObject({ kind: 'tag', after: main?.after });
  });

  it('tells of a deletion, which is filtered', async () => {
    await push(':refs/heads/other');
    await eventually(async () =>
      expect(
        (await deliveries()).some(
          (view) => view.verdict?.kind === 'filtered' && view.verdict.reason.includes('deleted'),
        ),
      ).toBe(true),
    );
  });

  it('keeps what could not be told, and tells it with the next push', async () => {
    await git('commit', '-q', '--allow-empty', '-m', 'while away');
    const config = join(bare, 'hooks', 'cyclone', 'config.json');
    const settings = await readFile(config, 'utf8');
    await writeFile(config, settings.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'));
    expect(await push('HEAD:refs/heads/late')).toContain('could not be told');
    await writeFile(config, settings);
    await git('commit', '-q', '--allow-empty', '-m', 'back');
    await push('HEAD:refs/heads/back');
    await changeOf('refs/heads/late');
    await changeOf('refs/heads/back');
  }, 20_000);

  it('keeps the secret from everybody but its owner', async () => {
    expect((await stat(join(bare, 'hooks', 'cyclone', 'config.json'))).mode & 0o777).toBe(0o600);
  });

  it('may be given its hook again, and be rid of it', async () => {
    const settings = { url: `${gateway.url}/hooks/local/bare`, secret: 'x'.repeat(20) };
    await installBareHook(bare, settings);
    await installBareHook(bare, settings);
    await removeBareHook(bare);
    expect(await readFile(join(bare, 'hooks', 'post-receive'), 'utf8')).toContain('earlier');
  });
});

describe('folders', () => {
  it('are allowed by where they really are', async () => {
    const srv = join(folder.path, 'srv');
    await symlink('/etc', join(srv, 'way-out'));
    expect(await isAllowedFolder(bare, [srv])).toBe(true);
    expect(await isAllowedFolder(join(srv, 'way-out'), [srv])).toBe(false);
    expect(await isAllowedFolder(`${srv}/../work`, [srv])).toBe(false);
    expect(await isAllowedFolder(`${srv}-other`, [srv])).toBe(false);
    expect(await isAllowedFolder(bare, ['127.0.0.1'])).toBe(false);
  });
  it('that are not allowed get no hook', async () => {
    const made = await gateway.request('POST', '/api/v1/projects', {
      token: admin,
      body: { id: 'outside', name: 'Outside', repository: { url: work, forge: 'bare' } },
    });
    expect(await made.json()).toMatchObject({
      hook: { outcome: 'failed', message: expect.stringContaining('CYCLONE_ALLOWED_HOSTS') },
    });
  });
});
