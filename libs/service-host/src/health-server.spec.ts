import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@cyclone/observability';
import { startHealthServer } from './health-server.js';
import type { HealthServer } from './health-server.js';
import type { HealthReport } from './service.js';

describe('the health server', () => {
  let server: HealthServer | undefined;
  afterEach(() => server?.close());

  const ask = async (health: () => Promise<HealthReport | undefined>, path: string, method = 'GET') => {
    const metrics = createMetrics();
    metrics.counter({ name: 'cyclone_a_total', help: 'A' }).add();
    server = await startHealthServer({ port: 0, host: '127.0.0.1', metrics, health });
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  const ok = async (): Promise<HealthReport> => ({ status: 'ok', checks: { nats: 'ok' } });

  it('lives as soon as it is there, and is not ready before its service is', async () => {
    expect(await ask(async () => undefined, '/healthz')).toMatchObject({ status: 200 });
    await server?.close();
    expect(await ask(async () => undefined, '/readyz')).toMatchObject({ status: 503, body: '{"status":"starting"}\n' });
  });

  it.each([
    ['ok', 200],
    ['degraded', 200],
    ['failing', 503],
  ] as const)('answers for a service that is %s with %d and what was looked at', async (status, code) => {
    const { status: answered, body } = await ask(async () => ({ status, checks: { nats: 'away' } }), '/readyz');
    expect([answered, JSON.parse(body)]).toEqual([code, { status, checks: { nats: 'away' } }]);
  });

  it('answers also when the service cannot say how it is', async () => {
    expect(await ask(() => Promise.reject(new Error('broken')), '/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('broken'),
    });
    await server?.close();
    expect(await ask(() => new Promise(() => undefined), '/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('no answer within'),
    });
  });

  it('shows the metrics, and nothing else', async () => {
    expect(await ask(ok, '/metrics')).toMatchObject({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: expect.stringContaining('cyclone_a_total 1'),
    });
    await server?.close();
    expect(await ask(ok, '/')).toMatchObject({ status: 404 });
    await server?.close();
    expect(await ask(ok, '/healthz', 'POST')).toMatchObject({ status: 405 });
  });
});
