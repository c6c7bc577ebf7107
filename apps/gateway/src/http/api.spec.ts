import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sampleBuild, sampleJob } from '../testing/fake-services.js';
import { startTestGateway, type TestGateway } from '../testing/test-gateway.js';

let clock = Date.now();
let gateway: TestGateway;
let admin: string;
beforeAll(async () => {
  gateway = await startTestGateway({ now: () => clock });
  admin = await gateway.tokenFor('admin');
});
afterAll(() => gateway.stop());

const json = async <Body = Record<string, unknown>>(response: Response): Promise<Body> =>
  (await response.json()) as Body;
const project = (id: string) => ({
  id,
  name: 'Shop',
  repository: { url: 'https://git.example.org/acme/shop.git', forge: 'generic' },
});

describe('projects', () => {
  it('are made with a webhook secret that is shown once', async () => {
    const response = await gateway.request('POST', '/api/v1/projects', { token: admin, body: project('shop') });
    expect(response.status).toBe(201);
    const { hook } = await json<{ hook: { url: string; secret: string; outcome: string } }>(response);
    expect(hook).toMatchObject({ url: `${gateway.url}/hooks/shop/generic`, outcome: 'by-hand' });
    expect(hook.secret.length).toBeGreaterThan(40);
    const shown = await (await gateway.request('GET', '/api/v1/projects/shop', { token: admin })).text();
    expect(shown).not.toContain(hook.secret);
  });

  it('name every field that is wrong', async () => {
    const response = await gateway.request('POST', '/api/v1/projects', {
      token: admin,
      body: { ...project('Bad.Id'), repository: { url: 7 }, extra: 1 },
    });
    expect(response.status).toBe(422);
    const { problems } = await json<{ problems: { path: string }[] }>(response);
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['body.id', 'body.repository.url', 'body.repository.forge']),
    );
  });

  it('answer 304 to the tag they gave, and 412 to an old one', async () => {
    const read = await gateway.request('GET', '/api/v1/projects/shop', { token: admin });
    const etag = read.headers.get('etag') ?? '';
    const { settings } = await json<{ settings: object }>(read);
    expect(
      (await gateway.request('GET', '/api/v1/projects/shop', { token: admin, headers: { 'If-None-Match': etag } }))
        .status,
    ).toBe(304);
    expect(
      (
        await gateway.request('PUT', '/api/v1/projects/shop', {
          token: admin,
          body: settings,
          headers: { 'If-Match': etag },
        })
      ).status,
    ).toBe(200);
    for (const old of [etag, '"nonsense"', 'W/"v1"']) {
      expect(
        (
          await gateway.request('PUT', '/api/v1/projects/shop', {
            token: admin,
            body: settings,
            headers: { 'If-Match': old },
          })
        ).status,
      ).toBe(412);
    }
  });

  it('cannot be made by a token that does not cover the name', async () => {
    const token = await gateway.tokenFor('owner', ['shop']);
    expect((await gateway.request('POST', '/api/v1/projects', { token, body: project('other') })).status).toBe(403);
  });

  it.each<[string, string | undefined, string, number]>([
    ['no media type', undefined, '{}', 415],
    ['a form', 'application/x-www-form-urlencoded', 'id=x', 415],
    ['half of JSON', 'application/json', '{"id":', 400],
    ['bytes that are no UTF-8', 'application/json', '\u0000', 400],
    ['operators for strings', 'application/json', '{"id":{"$ne":null},"name":{"$gt":""}}', 422],
    ['a prototype', 'application/json', '{"__proto__":{"id":"x"},"constructor":1}', 422],
  ])('refuse %s', async (_, mediaType, body, status) => {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${admin}`,
      ...(mediaType === undefined ? {} : { 'Content-Type': mediaType }),
    };
    expect(
      (await fetch(`${gateway.url}/api/v1/projects`, { method: 'POST', headers, body: Buffer.from(body) })).status,
    ).toBe(status);
  });
  it('refuse two megabytes', async () => {
    expect(
      (await gateway.request('POST', '/api/v1/projects', { token: admin, body: { id: 'x'.repeat(2_000_000) } })).status,
    ).toBe(413);
  });
});

describe('an Idempotency-Key', () => {
  const make = (id: string, key: string) =>
    gateway.request('POST', '/api/v1/projects', {
      token: admin,
      body: project(id),
      headers: { 'Idempotency-Key': key },
    });

  it('makes a thing once, and shows its secret again to the same caller', async () => {
    const first = await json(await make('once', 'k1'));
    const second = await make('once', 'k1');
    expect(second.status).toBe(201);
    expect(await json(second)).toEqual(first);
  });
  it('is refused with another body', async () => expect((await make('twice', 'k1')).status).toBe(422));
  it('belongs to its token', async () => {
    const other = await gateway.tokenFor('admin');
    const response = await gateway.request('POST', '/api/v1/projects', {
      token: other,
      body: project('once'),
      headers: { 'Idempotency-Key': 'k1' },
    });
    expect(response.status).toBe(409);
    expect(await response.text()).not.toContain('secret"');
  });
  it('lets one of many at once through', async () => {
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => make('parallel', 'k2')))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(
      gateway.services.asked.filter(
        ({ subject, request }) => subject.endsWith('create-project') && JSON.stringify(request).includes('"parallel"'),
      ),
    ).toHaveLength(1);
  });
});

describe('tokens', () => {
  it('expire', async () => {
    const token = await gateway.tokenFor('viewer', '*', 60_000);
    expect((await gateway.request('GET', '/api/v1/version', { token })).status).toBe(200);
    clock += 61_000;
    expect((await gateway.request('GET', '/api/v1/version', { token })).status).toBe(401);
  });
  it('are made, listed without what opens them, and revoked at once', async () => {
    const made = await json<{ id: string; token: string }>(
      await gateway.request('POST', '/api/v1/tokens', {
        token: admin,
        body: { name: 'ci', scope: { role: 'viewer', projects: ['shop'] } },
      }),
    );
    const use = () => gateway.request('GET', '/api/v1/version', { token: made.token });
    expect((await use()).status).toBe(200);
    const list = await (await gateway.request('GET', '/api/v1/tokens', { token: admin })).text();
    expect(list).toContain(made.id);
    expect(list).not.toContain(made.token);
    expect(list).not.toContain('sha256');
    expect((await gateway.request('DELETE', `/api/v1/tokens/${made.id}`, { token: admin })).status).toBe(204);
    expect((await use()).status).toBe(401);
  });
  it('of an administrator cover everything or are not made', async () => {
    expect(
      (
        await gateway.request('POST', '/api/v1/tokens', {
          token: admin,
          body: { name: 'x', scope: { role: 'admin', projects: ['shop'] } },
        })
      ).status,
    ).toBe(422);
  });
});

describe('logs', () => {
  const log = Buffer.from('line 1\nline 2 <script>\u0000\xff\n', 'latin1');
  beforeAll(() => {
    gateway.services.builds.set(
      'b1',
      sampleBuild('b1', 'shop', {
        jobs: [sampleJob({ id: 'compile', status: 'ended', outcome: 'succeeded' })] as never,
      }),
    );
    gateway.services.logs.set('b1/compile', { fence: 7, data: log, sealed: true });
  });
  const read = (range?: string, path = '/api/v1/builds/b1/logs/compile') =>
    gateway.request('GET', path, { token: admin, headers: range === undefined ? {} : { Range: range } });

  it('come whole, byte for byte, as plain text', async () => {
    const response = await read();
    expect(Buffer.from(await response.arrayBuffer()).equals(log)).toBe(true);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });
  it.each<[string, number, string]>([
    ['bytes=0-5', 206, 'line 1'],
    ['bytes=7-12', 206, 'line 2'],
    ['bytes=-1', 206, '\n'],
    ['bytes=9-5', 200, ''],
    ['lines=1-2', 200, ''],
    ['bytes=999-', 416, ''],
  ])('answer the range %s with %i', async (range, status, text) => {
    const response = await read(range);
    expect(response.status).toBe(status);
    if (text !== '') expect(await response.text()).toBe(text);
    if (status === 416) expect(response.headers.get('content-range')).toBe(`bytes */${log.length}`);
  });
  it('of a whole build come with a heading for each step', async () => {
    const response = await read(undefined, '/api/v1/builds/b1/log?download=yes');
    expect(await response.text()).toContain('==> build / compile: succeeded');
    expect(response.headers.get('content-disposition')).toContain('attachment');
  });
  it('of a step that wrote nothing answer 404', async () =>
    expect((await read(undefined, '/api/v1/builds/b1/logs/other')).status).toBe(404));
});

describe('the feed', () => {
  it('gives whole commits from a position on, of covered projects only', async () => {
    const viewer = await gateway.tokenFor('viewer', ['shop']);
    const { items, position } = await json<{ items: { tenant: string }[]; position: number }>(
      await gateway.request('GET', '/api/v1/events?after=0', { token: viewer }),
    );
    expect(items.filter(({ tenant }) => tenant !== 'shop')).toEqual([]);
    expect(position).toBeGreaterThan(0);
  });
  it('goes on live as server-sent events from Last-Event-ID', async () => {
    const { position } = await json<{ position: number }>(
      await gateway.request('GET', '/api/v1/events?after=0&limit=500', { token: admin }),
    );
    const ending = new AbortController();
    const response = await fetch(`${gateway.url}/api/v1/events`, {
      headers: { Authorization: `Bearer ${admin}`, Accept: 'text/event-stream', 'Last-Event-ID': String(position) },
      signal: ending.signal,
    });
    await gateway.tokenFor('viewer');
    const reader = response.body?.getReader();
    const text = new TextDecoder().decode((await reader?.read())?.value);
    expect(text).toContain('event: TokenIssued');
    expect(text).toMatch(/^id: \d+$/m);
    ending.abort();
  });
});

describe('health', () => {
  it('names the parts, not what is wrong with them', async () => {
    gateway.services.isAway = true;
    const response = await gateway.request('GET', '/readyz');
    gateway.services.isAway = false;
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({ ready: false, parts: [{ name: 'mongo', ok: false }] });
    expect((await gateway.request('GET', '/healthz')).status).toBe(200);
  });
});
