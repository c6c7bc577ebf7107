import { describe, expect, it } from '@jest/globals';
import {
  checkSourceRef,
  gitEnvironment,
  isInsideAddress,
  parseSourcePolicy,
  readSourceUrl,
  resolveSource,
  SourceRefusedError,
} from './source-policy.js';

const policy = parseSourcePolicy('127.0.0.1:8080, git.internal ,/srv/git');

describe('readSourceUrl', () => {
  it.each([
    ['https://example.com/shop.git', { protocol: 'https', host: 'example.com', port: 443, allowed: false }],
    ['ssh://git@example.com:2222/shop.git', { protocol: 'ssh', host: 'example.com', port: 2222 }],
    ['git@example.com:shop/api.git', { protocol: 'ssh', host: 'example.com', port: 22 }],
    ['http://127.0.0.1:8080/shop.git', { protocol: 'http', host: '127.0.0.1', port: 8080, allowed: true }],
    ['http://git.internal/shop', { protocol: 'http', allowed: true }],
    ['/srv/git/shop.git', { kind: 'folder', path: '/srv/git/shop.git' }],
    ['file:///srv/git/shop.git', { kind: 'folder', path: '/srv/git/shop.git' }],
  ])('takes %s', (url, meaning) => {
    expect(readSourceUrl(url, policy)).toMatchObject(meaning);
  });

  it.each([
    '',
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=x',
    'ext::sh -c id',
    'EXT::sh',
    'file:///etc',
    'file:///srv/git/../../etc',
    '/srv/gitlike',
    'http://example.com/x.git',
    'git://example.com/x',
    'https://user:secret@example.com/x',
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://0x7f.1/x',
    'https://169.254.169.254/latest',
    'https://[::ffff:10.0.0.1]/x',
    'ssh://-oProxyCommand=x/y',
    'https://',
    'https://a b/',
    'https://example.com/\n',
    'javascript:alert(1)',
    'http://127.0.0.1:9090/x',
  ])('refuses %j', (url) => {
    expect(() => readSourceUrl(url, policy)).toThrow(SourceRefusedError);
  });
});

describe('resolveSource', () => {
  const source = (url: string) => {
    const read = readSourceUrl(url, policy);
    if (read.kind !== 'remote') throw new Error('no remote');
    return read;
  };

  it('refuses a name that leads inside, by any of its addresses', async () => {
    await expect(
      resolveSource(source('https://rebind.example.com/x'), async () => ['93.184.216.34', '10.0.0.5']),
    ).rejects.toThrow('10.0.0.5');
  });

  it('lets an allowed host be inside', async () => {
    expect(await resolveSource(source('http://git.internal/x'), async () => ['10.0.0.5'])).toEqual(['10.0.0.5']);
  });

  it.each([
    '0.0.0.0',
    '100.64.0.1',
    '192.168.1.1',
    '172.31.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ])('knows %s as inside', (address) => {
    expect(isInsideAddress(address)).toBe(true);
  });

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('knows %s as outside', (address) => {
    expect(isInsideAddress(address)).toBe(false);
  });
});

describe('checkSourceRef', () => {
  it.each(['refs/heads/main', 'refs/tags/v1.2', 'refs/pull/7/head', 'feature/a-b_c', 'HEAD'])('takes %s', (ref) => {
    expect(() => checkSourceRef(ref)).not.toThrow();
  });

  it.each([
    '--upload-pack=x',
    '-h',
    '',
    'a..b',
    'a b',
    'a:b',
    'a~1',
    'a^',
    'x.lock',
    'a//b',
    'a/.b',
    'a/',
    '@',
    'a@{1}',
    'a\u0000',
    'a*',
  ])('refuses %j', (ref) => {
    expect(() => checkSourceRef(ref)).toThrow(SourceRefusedError);
  });
});

describe('gitEnvironment', () => {
  it('allows one protocol, no redirect, and pins the address', () => {
    const environment = gitEnvironment(readSourceUrl('https://example.com/x', policy), ['93.184.216.34']);
    expect(environment).toMatchObject({ GIT_ALLOW_PROTOCOL: 'https', GIT_TERMINAL_PROMPT: '0' });
    expect(Object.values(environment)).toContain('example.com:443:93.184.216.34');
    expect(environment['CYCLONE_GIT_PASSWORD']).toBeUndefined();
  });
});
