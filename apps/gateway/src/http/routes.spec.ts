import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RouteDefinition, Role, routes } from '@cyclone/contracts';
import { sampleBuild } from '../testing/fake-services.js';
import { startTestGateway, type TestGateway } from '../testing/test-gateway.js';

const all: readonly RouteDefinition[] = Object.values(routes);
const guarded = all.filter((route) => route.access.kind === 'token');

let gateway: TestGateway;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  gateway = await startTestGateway();
  for (const id of ['shop', 'bank']) {
    gateway.services.addProject(id);
    gateway.services.builds.set(`${id}-b`, sampleBuild(`${id}-b`, id));
  }
  for (const role of Role.options) tokens[role] = await gateway.tokenFor(role, role === 'admin' ? '*' : ['shop']);
});
afterAll(() => gateway.stop());

const values = (tenant: string): Record<string, string> => ({
  projectId: tenant,
  buildId: `${tenant}-b`,
  stepId: 'compile',
  name: 'TOKEN',
  key: 'clone',
  deliveryId: 'd1',
  tokenId: 't1',
  forge: 'github',
});
const pathOf = (route: RouteDefinition, tenant: string): string =>
  route.path.replace(/\{(\w+)\}/g, (_, name: string) => values(tenant)[name] ?? '');
const call = (route: RouteDefinition, tenant: string, token?: string, headers?: Record<string, string>) =>
  gateway.request(route.method, pathOf(route, tenant), {
    token,
    headers,
    body: route.body === undefined ? undefined : {},
  });
const labelled = (list: readonly RouteDefinition[]): [string, RouteDefinition][] =>
  list.map((route) => [`${route.method} ${route.path}`, route]);

const expectProblem = async (response: Response, status: number): Promise<void> => {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({
    status,
    title: expect.any(String),
    code: expect.any(String),
    instance: expect.any(String),
  });
  expect(text).not.toMatch(/node_modules|\.ts:|\.js:|Error:/);
};

describe('every route that wants a token', () => {
  it.each(labelled(guarded))('%s answers 401 without one', async (_, route) => {
    await expectProblem(await call(route, 'shop'), 401);
  });
  it.each(labelled(guarded))('%s answers 401 to what is no token of ours', async (_, route) => {
    for (const header of [
      'Bearer nothing',
      'Bearer cyc_x_y',
      `Bearer cyc_t1_${'A'.repeat(43)}`,
      `Basic ${tokens['owner']}`,
      `Token ${tokens['owner']}`,
      'Bearer ',
      `Bearer ${tokens['owner']}x`,
    ]) {
      await expectProblem(await call(route, 'shop', undefined, { Authorization: header }), 401);
    }
  });
  it.each(
    labelled(
      guarded.filter(({ access }) => access.kind === 'token' && (access.of === 'project' || access.of === 'build')),
    ),
  )("%s answers another tenant's id as an absent one", async (_, route) => {
    const foreign = await call(route, 'bank', tokens['owner']);
    const absent = await call(route, 'nobody', tokens['owner']);
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    const [left, right] = (await Promise.all([foreign.json(), absent.json()])) as [
      Record<string, unknown>,
      Record<string, unknown>,
    ];
    expect({ ...left, instance: '' }).toEqual({ ...right, instance: '' });
  });
  it.each(labelled(guarded.filter(({ access }) => access.kind === 'token' && access.role !== 'viewer')))(
    '%s is refused to a viewer',
    async (_, route) => {
      await expectProblem(await call(route, 'shop', tokens['viewer']), 403);
    },
  );
  it.each(labelled(guarded.filter(({ access }) => access.kind === 'token' && access.of === 'installation')))(
    '%s is refused to an owner',
    async (_, route) => {
      await expectProblem(await call(route, 'shop', tokens['owner']), 403);
    },
  );
  it('every role below the needed one is refused, and the needed one is not', async () => {
    for (const route of guarded) {
      if (
        route.access.kind !== 'token' ||
        route.access.of === 'installation' ||
        route.method === 'DELETE' ||
        route.path.includes('event')
      )
        continue;
      for (const role of Role.options.slice(0, 4)) {
        const isEnough = Role.options.indexOf(role) >= Role.options.indexOf(route.access.role);
        const { status } = await call(route, 'shop', tokens[role]);
        expect([route.id, role, status === 403]).toEqual([route.id, role, !isEnough]);
      }
    }
  });
});

describe('addresses', () => {
  it.each([
    '/api/v1/Projects',
    '/api/v1/projects/',
    '//api/v1/projects',
    '/api/v1/projects;.jsp',
    '/api/v1/./projects%2f',
    '/api/v1/projects.',
    '/api/v1/%2e%2e/v1/projects',
    '/nothing',
    '/',
  ])('%s does not lead past the guard', async (path) => {
    const response = await gateway.request('GET', path);
    expect([401, 404]).toContain(response.status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
  it('another method answers 405 and names those there are', async () => {
    const response = await gateway.request('PATCH', '/api/v1/projects/shop', { token: tokens['admin'] });
    expect(response.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PUT']);
    await expectProblem(response, 405);
  });
  it('a method cannot be put in a header', async () => {
    const response = await gateway.request('GET', '/api/v1/projects/shop', {
      token: tokens['viewer'],
      headers: { 'X-HTTP-Method-Override': 'DELETE' },
    });
    expect(response.status).toBe(200);
    expect(gateway.services.projects.has('shop')).toBe(true);
  });
  it('a broken percent-encoding answers 400', async () =>
    expectProblem(await gateway.request('GET', '/api/v1/projects/%E0%A4%A', { token: tokens['admin'] }), 400));
  it.each(['a.b', '*', '>', '$ne', 'a%20b', '..%2f', 'x'.repeat(64)])('the id %s answers 404', async (id) => {
    expect((await gateway.request('GET', `/api/v1/projects/${id}`, { token: tokens['admin'] })).status).toBe(404);
    expect((await gateway.request('GET', `/api/v1/builds/${id}`, { token: tokens['admin'] })).status).toBe(404);
  });
  it.each(['id[$ne]=1', 'limit=1e9', 'limit=1&limit=2', 'after[]=x', 'unknown=1'])(
    'the query %s answers 400',
    async (query) => {
      await expectProblem(await gateway.request('GET', `/api/v1/projects?${query}`, { token: tokens['admin'] }), 400);
    },
  );
  it('every answer carries the security headers, and none allows other origins', async () => {
    for (const path of ['/healthz', '/api/v1/projects', '/nothing']) {
      const { headers } = await gateway.request('GET', path, { headers: { Origin: 'https://evil.example' } });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });
});
