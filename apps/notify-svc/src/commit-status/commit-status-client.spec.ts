import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ForgeKind } from '@cyclone/contracts';
import { createOutboundHttp } from '../outbound/outbound-http.js';
import { tellCommitStatus } from './commit-status-client.js';
import { repositoryPlace } from './repository-place.js';
import { statusRequest } from './status-request.js';

const sha = 'a'.repeat(40);
const aStatus = {
  sha,
  state: 'running',
  context: 'cyclone/shop',
  description: 'build 7 is running',
  targetUrl: 'https://ci.example/builds/b1',
} as const;

describe('the place of a repository', () => {
  it.each([
    ['https://github.com/acme/shop.git', 'https://github.com', 'acme/shop'],
    ['https://user@git.example:8443/group/sub/shop/', 'https://git.example:8443', 'group/sub/shop'],
    ['ssh://git@git.example:2222/acme/shop.git', 'https://git.example', 'acme/shop'],
    ['git@github.com:acme/shop.git', 'https://github.com', 'acme/shop'],
  ])('is read from %s', (url, origin, path) => expect(repositoryPlace(url)).toMatchObject({ origin, path }));

  it.each([
    '/srv/git/shop.git',
    'file:///srv/git/shop',
    'ext::sh -c id',
    'https://github.com/shop',
    'https://github.com/a//b',
    'nonsense',
  ])('is not read from %s', (url) => expect(repositoryPlace(url)).toBeUndefined());
});

describe('telling a commit status to each forge', () => {
  let server: Server;
  let origin: string;
  let seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[];
  let answer: { status: number; headers?: Record<string, string>; body?: string };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        seen.push({
          method: request.method,
          url: request.url,
          headers: request.headers,
          body: Buffer.concat(parts).toString(),
        });
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    seen = [];
    answer = { status: 201 };
  });

  const http = createOutboundHttp(['127.0.0.1']);
  const now = 1_000_000;
  const tell = (forge: ForgeKind, path = 'acme/shop') =>
    tellCommitStatus(http, { forge, repositoryUrl: `${origin}/${path}.git`, token: 'secret' }, aStatus, now);

  it('speaks GitHub', async () => {
    expect(await tell('github')).toEqual({ kind: 'delivered', detail: 'HTTP 201' });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: `/api/v3/repos/acme/shop/statuses/${sha}`,
        headers: { authorization: 'Bearer secret', accept: 'application/vnd.github+json', 'user-agent': 'cyclone' },
      },
    ]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      state: 'pending',
      context: 'cyclone/shop',
      description: 'build 7 is running',
      target_url: 'https://ci.example/builds/b1',
    });
  });

  it('speaks GitLab', async () => {
    expect(await tell('gitlab', 'group/sub/shop')).toMatchObject({ kind: 'delivered' });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: `/api/v4/projects/group%2Fsub%2Fshop/statuses/${sha}`,
        headers: { 'private-token': 'secret' },
      },
    ]);
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ state: 'running', name: 'cyclone/shop' });
  });

  it('speaks Gitea', async () => {
    expect(await tell('gitea')).toMatchObject({ kind: 'delivered' });
    expect(seen).toMatchObject([
      { method: 'POST', url: `/api/v1/repos/acme/shop/statuses/${sha}`, headers: { authorization: 'token secret' } },
    ]);
  });

  it.each(['gogs', 'generic', 'bare'] as const)('says that %s takes none', async (forge) => {
    expect(await tell(forge)).toMatchObject({ kind: 'failed', isPermanent: true });
    expect(seen).toEqual([]);
  });

  it.each([
    [401, {}, { isPermanent: true, message: expect.stringContaining('token is not valid') }],
    [404, {}, { isPermanent: true, message: expect.stringContaining('is not there') }],
    [422, {}, { isPermanent: true }],
    [302, { location: 'http://169.254.169.254/' }, { isPermanent: true }],
    [429, { 'retry-after': '30' }, { isPermanent: false, notBefore: now + 30_000 }],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2000' }, { isPermanent: false, notBefore: 2_000_000 }],
    [403, {}, { isPermanent: true, notBefore: undefined }],
    [500, {}, { isPermanent: false, notBefore: undefined }],
    [503, { 'retry-after': '5' }, { isPermanent: false, notBefore: now + 5_000 }],
  ])('understands HTTP %d %j', async (status, headers, expected) => {
    answer = { status, headers, body: 'why\nnot' };
    expect(await tell('github')).toMatchObject({ kind: 'failed', ...expected });
  });

  it('counts a state that GitLab has already as told', async () => {
    answer = { status: 400, body: '{"message":"Cannot transition status via :run from :running"}' };
    expect(await tell('gitlab')).toMatchObject({ kind: 'delivered' });
  });

  it('tries again when nobody answers, and never where the address is inside', async () => {
    const access = { forge: 'gitea', repositoryUrl: 'http://127.0.0.1:1/a/b', token: 't' } as const;
    expect(await tellCommitStatus(http, access, aStatus, now)).toMatchObject({ kind: 'failed', isPermanent: false });
    expect(await tellCommitStatus(createOutboundHttp([]), access, aStatus, now)).toMatchObject({
      kind: 'failed',
      isPermanent: true,
    });
  });

  it('finds the API of github.com, and of a forge that lives below a path', () => {
    const urlOf = (access: { forge: ForgeKind; repositoryUrl: string; apiUrl?: string }) => {
      const request = statusRequest({ ...access, token: 't' }, aStatus);
      return request.kind === 'request' ? request.url : request.reason;
    };
    expect(urlOf({ forge: 'github', repositoryUrl: 'git@github.com:acme/shop.git' })).toBe(
      `https://api.github.com/repos/acme/shop/statuses/${sha}`,
    );
    expect(
      urlOf({ forge: 'gitlab', repositoryUrl: 'https://host/git/acme/shop', apiUrl: 'https://host/git/api/v4/' }),
    ).toBe(`https://host/git/api/v4/projects/acme%2Fshop/statuses/${sha}`);
    expect(
      urlOf({ forge: 'gitea', repositoryUrl: 'https://host/git/acme/shop', apiUrl: 'https://host/git/api/v1' }),
    ).toBe(`https://host/git/api/v1/repos/acme/shop/statuses/${sha}`);
  });
});
