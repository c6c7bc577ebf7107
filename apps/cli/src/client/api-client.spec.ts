import { afterEach, describe, expect, it } from '@jest/globals';
import { ProjectId, routes } from '@cyclone/contracts';
import { fakeServer, type FakeServer } from '../testing/fake-server.js';
import { createApiClient } from './api-client.js';

const token = 'a-token';
const problem = (status: number, more: object = {}) => ({
  status,
  body: { type: 'about:blank', title: 'A title', status, code: 'a-code', detail: 'What was wrong.', ...more },
});

describe('the API client', () => {
  let server: FakeServer | undefined;
  afterEach(() => server?.close());

  const ask = async (answer: { status?: number; body?: unknown }, timeoutMs = 5_000) => {
    server = await fakeServer(() => answer);
    return createApiClient({ url: server.url, token }, { timeoutMs }).call(routes.listProjects, {
      query: { limit: 7 },
    });
  };

  it('calls a route as a client outside would, and parses its reply', async () => {
    expect(await ask({ body: { items: [] } })).toEqual({ items: [] });
    expect(server?.seen).toEqual([
      { method: 'GET', path: '/api/v1/projects?limit=7', authorization: `Bearer ${token}`, body: '' },
    ]);
  });

  it('puts parameters into the path, and sends a body as JSON', async () => {
    server = await fakeServer(() => problem(404));
    const client = createApiClient({ url: server.url, token }, { timeoutMs: 5_000 });
    const params = { projectId: ProjectId.parse('shop') };
    await expect(client.call(routes.startBuild, { params, body: { ref: 'main' } })).rejects.toThrow();
    expect(server.seen).toMatchObject([
      { method: 'POST', path: '/api/v1/projects/shop/builds', body: '{"ref":"main"}' },
    ]);
  });

  it.each([
    [400, 1],
    [401, 4],
    [403, 4],
    [404, 5],
    [409, 1],
    [429, 1],
    [500, 3],
    [503, 3],
  ])('makes exit codes of problems: %i is %i', async (status, exitCode) => {
    await expect(ask(problem(status))).rejects.toMatchObject({ message: 'What was wrong.', exitCode, hint: undefined });
  });

  it('shows every place that the server found wrong', async () => {
    const problems = [
      { path: 'body.repository.url', message: 'is missing' },
      { path: 'body.name', message: 'is too long' },
    ];
    await expect(ask(problem(400, { problems }))).rejects.toMatchObject({
      hint: 'body.repository.url: is missing\n  body.name: is too long',
    });
  });

  it('says at least the status where the answer is no problem of ours', async () => {
    await expect(ask({ status: 502, body: '<html>' })).rejects.toMatchObject({
      message: 'the server answered 502',
      exitCode: 3,
    });
  });

  it.each(['<html>', '', { items: 'many' }])('does not take %j for an answer', async (body) => {
    await expect(ask({ body })).rejects.toMatchObject({ message: expect.stringContaining('does not understand') });
  });

  it('tells that nobody answers, and why', async () => {
    server = await fakeServer(() => ({}));
    const { url } = server;
    await server.close();
    const client = createApiClient({ url, token }, { timeoutMs: 5_000 });
    await expect(client.call(routes.version, {})).rejects.toMatchObject({
      message: expect.stringMatching(/^http:.* did not answer: .*ECONNREFUSED/),
      exitCode: 3,
    });
  });

  it('waits no longer than it may', async () => {
    server = await fakeServer(() => ({}));
    server.http.removeAllListeners('request');
    const client = createApiClient({ url: server.url, token }, { timeoutMs: 50 });
    await expect(client.call(routes.version, {})).rejects.toMatchObject({
      message: expect.stringContaining('timeout'),
      exitCode: 3,
    });
  });
});
