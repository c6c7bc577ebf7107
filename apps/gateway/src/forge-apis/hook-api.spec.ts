import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ForgeKind } from '@cyclone/contracts';
import { createGuardedRequest } from './guarded-request.js';
import { createForgeApi, placeOf } from './hook-api.js';
import { leadsOutside } from './outside-address.js';

type Hook = { id: number; url?: string; config?: { url: string } } & Record<string, unknown>;
const token = 'forge-token-canary';

/** Each forge's API as far as webhooks go, with its own paths, credentials and shapes. */
const speaks: Record<
  string,
  {
    path: string;
    isAuthorized: (headers: Record<string, unknown>) => boolean;
    update: string;
    secretOf: (hook: Hook) => unknown;
  }
> = {
  github: {
    path: '/repos/acme/shop/hooks',
    isAuthorized: (h) => h['authorization'] === `Bearer ${token}`,
    update: 'PATCH',
    secretOf: (hook) => (hook['config'] as Record<string, unknown>)['secret'],
  },
  gitlab: {
    path: '/projects/acme%2Fshop/hooks',
    isAuthorized: (h) => h['private-token'] === token,
    update: 'PUT',
    secretOf: (hook) => hook['token'],
  },
  gitea: {
    path: '/repos/acme/shop/hooks',
    isAuthorized: (h) => h['authorization'] === `token ${token}`,
    update: 'PATCH',
    secretOf: (hook) => (hook['config'] as Record<string, unknown>)['secret'],
  },
  gogs: {
    path: '/repos/acme/shop/hooks',
    isAuthorized: (h) => h['authorization'] === `token ${token}`,
    update: 'PATCH',
    secretOf: (hook) => (hook['config'] as Record<string, unknown>)['secret'],
  },
};

let server: Server;
let origin: string;
let forge = speaks['github'];
let hooks: Hook[] = [];
let seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      seen.push(`${request.method} ${path}`);
      const reply = (status: number, body?: unknown) =>
        response
          .writeHead(status, { 'Content-Type': 'application/json' })
          .end(body === undefined ? undefined : JSON.stringify(body));
      if (forge === undefined || !forge.isAuthorized(request.headers))
        return reply(401, { message: 'Bad credentials' });
      if (!path.startsWith(`/api${forge.path}`)) return reply(404, { message: 'Not Found' });
      const id = Number(path.slice(`/api${forge.path}/`.length));
      const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
      if (request.method === 'GET') return reply(200, hooks);
      if (request.method === 'POST') {
        hooks.push({ id: hooks.length + 1, ...body });
        return reply(201, hooks.at(-1));
      }
      const found = hooks.find((hook) => hook.id === id);
      if (found === undefined) return reply(404, { message: 'Not Found' });
      if (request.method === forge.update) return reply(200, Object.assign(found, body));
      hooks = hooks.filter((hook) => hook !== found);
      return reply(204);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  hooks = [];
  seen = [];
});

const api = () => createForgeApi(createGuardedRequest(['127.0.0.1']));
const wanted = (kind: ForgeKind, secret = 'first-secret') => ({
  repository: { url: 'https://git.example.org/acme/shop.git', forge: kind, apiUrl: `${origin}/api` },
  token,
  url: 'https://ci.example.org/hooks/shop',
  secret,
});

describe.each(['github', 'gitlab', 'gitea', 'gogs'] as const)("%s's API", (kind) => {
  beforeEach(() => {
    forge = speaks[kind];
  });

  it('registers one hook however often it is asked, brings it up to date, and removes it', async () => {
    const first = await api().ensureHook(wanted(kind));
    const second = await api().ensureHook(wanted(kind, 'second-secret'));
    expect(second).toEqual(first);
    expect(hooks).toHaveLength(1);
    expect(hooks[0] && speaks[kind]?.secretOf(hooks[0])).toBe('second-secret');
    await api().removeHook({ ...wanted(kind), hookId: first.hookId });
    await api().removeHook({ ...wanted(kind), hookId: first.hookId });
    expect(hooks).toEqual([]);
  });
  it('says why it refused, without the token', async () => {
    const refused = api().ensureHook({ ...wanted(kind), token: 'wrong-token' });
    await expect(refused).rejects.toMatchObject({
      code: 'forge-api',
      retriable: false,
      message: expect.stringContaining('the forge token may not do that'),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('wrong-token') });
  });
  it('is not called where it leads inside', async () => {
    const strict = createForgeApi(createGuardedRequest([]));
    await expect(strict.ensureHook(wanted(kind))).rejects.toMatchObject({
      message: expect.stringContaining('leads inside'),
    });
    const byName = {
      ...wanted(kind),
      repository: { ...wanted(kind).repository, apiUrl: origin.replace('127.0.0.1', 'localhost') },
    };
    await expect(strict.ensureHook(byName)).rejects.toMatchObject({ message: expect.stringContaining('leads inside') });
    expect(seen).toEqual([]);
  });
});

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'localhost',
    '0x7f.1',
    '',
  ])('%s leads inside', (address) => expect(leadsOutside(address)).toBe(false));
  it.each(['1.1.1.1', '140.82.112.3', '2606:4700::1111'])('%s leads outside', (address) =>
    expect(leadsOutside(address)).toBe(true),
  );
  it.each([
    'http://0x7f.1/',
    'http://2130706433/',
    'http://127.1/',
    'http://[::ffff:127.0.0.1]/',
    'ftp://example.org/',
    'file:///etc/passwd',
  ])('%s is refused', async (url) => {
    await expect(createGuardedRequest([])('GET', url, {})).rejects.toMatchObject({ code: 'forge-api' });
  });
  it.each<[string, { origin: string; path: string } | undefined]>([
    ['https://github.com/acme/shop.git', { origin: 'https://github.com', path: 'acme/shop' }],
    ['git@gitlab.example.org:group/sub/shop.git', { origin: 'https://gitlab.example.org', path: 'group/sub/shop' }],
    ['ssh://git@git.example.org:2222/acme/shop', { origin: 'https://git.example.org', path: 'acme/shop' }],
    ['https://github.com/acme', undefined],
    ['/srv/git/shop.git', undefined],
    ['nonsense', undefined],
  ])('of a repository: %s', (url, place) => expect(placeOf(url)).toEqual(place));
});
