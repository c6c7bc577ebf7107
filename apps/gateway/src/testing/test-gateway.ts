import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { CommandId, type Role } from '@cyclone/contracts';
import { MemoryContentStore, MemoryEventStore } from '@cyclone/event-store/memory';
import { MemoryBroker } from '@cyclone/messaging/memory';
import { createMetrics, silentLogger } from '@cyclone/observability';
import { noFailpoint } from '@cyclone/service-host';
import { InProcessCache } from '../cache/in-process.cache.js';
import { composeGateway } from '../compose.js';
import { createHttpApp } from '../http/http-app.js';
import { type SocketParts, Sockets } from '../live/sockets.js';
import { memoryIdempotencyKeys } from '../store/idempotency-keys.js';
import { memoryDeliveryLedger, memoryRefusedDeliveries, memoryTokenLedger } from '../store/memory-ledgers.js';
import { FakeServices } from './fake-services.js';

export interface TestGatewayOptions {
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly sockets?: Pick<SocketParts, 'recheckMs' | 'socketsMax'>;
  readonly now?: () => number;
}

/** The whole gateway over HTTP, with its stores in memory and the other services played. */
export const startTestGateway = async (options: TestGatewayOptions = {}) => {
  const services = new FakeServices();
  const { signals } = new MemoryBroker();
  // The relay's part: whoever listens hears that there is something new.
  const store = new MemoryEventStore({ onAppend: () => signals.send('cyclone.event.delivery.any.any.any', {}) });
  const now = options.now ?? Date.now;
  let url = '';
  const parts = composeGateway({
    store,
    contents: new MemoryContentStore(),
    cache: new InProcessCache(now),
    signals,
    asks: services,
    keys: memoryIdempotencyKeys(now),
    tokenLedger: memoryTokenLedger(),
    deliveryLedger: memoryDeliveryLedger(),
    refusedDeliveries: memoryRefusedDeliveries(),
    health: () =>
      Promise.resolve({
        status: services.isAway ? 'failing' : 'ok',
        checks: { mongo: services.isAway ? 'away: mongodb://user:secret@host' : 'ok' },
      }),
    logger: silentLogger,
    metrics: createMetrics(),
    now,
    publicUrl: () => url,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    trustedProxies: [],
    authFailuresMax: 1_000,
    failpoint: noFailpoint,
  });
  await parts.tail.start(signals);
  const app = await createHttpApp(parts);
  const sockets = new Sockets({ ...parts, ...options.sockets });
  sockets.attach(app.getHttpServer());
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;

  const tokenFor = async (role: Role, projects: '*' | string[] = '*', expiresInMs = 3_600_000): Promise<string> => {
    const issued = await parts.tokens.issue(
      { name: role, scope: { role, projects: projects as '*' }, expiresInMs },
      {
        commandId: CommandId.parse(randomUUID()),
        actor: { kind: 'system', id: 'test' },
        trace: { correlationId: 'test' },
      },
    );
    return issued.token;
  };

  return {
    url,
    port,
    parts,
    services,
    store,
    signals,
    tokenFor,
    request: (
      method: string,
      path: string,
      more: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
    ) =>
      fetch(url + path, {
        method,
        headers: {
          ...(more.token === undefined ? {} : { Authorization: `Bearer ${more.token}` }),
          ...(more.body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...more.headers,
        },
        body: more.body === undefined ? undefined : JSON.stringify(more.body),
      }),
    stop: async () => {
      await sockets.close();
      parts.tail.stop();
      app.getHttpServer().closeAllConnections();
      await app.close();
    },
  };
};
export type TestGateway = Awaited<ReturnType<typeof startTestGateway>>;
