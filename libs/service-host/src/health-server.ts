import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { metricsContentType } from '@cyclone/observability';
import type { Metrics } from '@cyclone/observability';
import type { HealthReport } from './service.js';

export interface HealthServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  readonly metrics: Metrics;
  /** Undefined until the service has started. */
  readonly health: () => Promise<HealthReport | undefined>;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const healthTimeoutMs = 2_000;

const answer = (response: ServerResponse, status: number, contentType: string, body: string): void => {
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
};

const answerJson = (response: ServerResponse, status: number, body: unknown): void =>
  answer(response, status, 'application/json', `${JSON.stringify(body)}\n`);

const reportWithin = async (health: HealthServerOptions['health']): Promise<HealthReport | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthReport>((resolve) => {
    timer = setTimeout(
      () => resolve({ status: 'failing', checks: { health: `no answer within ${healthTimeoutMs} ms` } }),
      healthTimeoutMs,
    );
  });
  const failed = (error: unknown): HealthReport => ({
    status: 'failing',
    checks: { health: error instanceof Error ? error.message : String(error) },
  });
  try {
    return await Promise.race([health().catch(failed), late]);
  } finally {
    clearTimeout(timer);
  }
};

const ready = async (response: ServerResponse, health: HealthServerOptions['health']): Promise<void> => {
  const report = await reportWithin(health);
  if (report === undefined) return answerJson(response, 503, { status: 'starting' });
  answerJson(response, report.status === 'failing' ? 503 : 200, report);
};

/**
 * For services without HTTP of their own. `/healthz`: the process lives. `/readyz`: it can work, and what is wrong if
 * not. `/metrics`: Prometheus. Nothing here is secret, and nothing changes anything.
 */
export const startHealthServer = async (options: HealthServerOptions): Promise<HealthServer> => {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'text/plain', 'only GET\n');
    if (path === '/healthz') return answerJson(response, 200, { status: 'ok' });
    if (path === '/readyz') return void ready(response, options.health);
    if (path === '/metrics') return answer(response, 200, metricsContentType, options.metrics.expose());
    answer(response, 404, 'text/plain', 'not found\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '0.0.0.0', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
