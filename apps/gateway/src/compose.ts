import { ProjectId, TokenId } from '@cyclone/contracts';
import type { ContentStore, EventStore } from '@cyclone/event-store';
import type { Failpoint } from '@cyclone/service-host';
import { Authenticator } from './auth/authenticator.js';
import { createRateLimit } from './auth/rate-limit.js';
import type { Cache } from './cache/cache.js';
import { WorldTail } from './feed/world-tail.js';
import { createGuardedRequest } from './forge-apis/guarded-request.js';
import { createForgeApi } from './forge-apis/hook-api.js';
import { createBuildOwners } from './http/access.guard.js';
import { createClientAddress } from './http/client-address.js';
import type { GatewayParts } from './parts.js';
import { Tokens } from './tokens/tokens.js';
import { Deliveries } from './webhooks/deliveries.js';
import { HookRegistration } from './webhooks/hook-registration.js';
import { createWebhookSecrets } from './webhooks/webhook-secrets.js';

/** The adapters, chosen elsewhere: real ones by the service, those in memory by specs. */
export type GatewayAdapters = Pick<
  GatewayParts,
  | 'asks'
  | 'signals'
  | 'keys'
  | 'tokenLedger'
  | 'deliveryLedger'
  | 'refusedDeliveries'
  | 'health'
  | 'logger'
  | 'metrics'
  | 'now'
  | 'allowedOrigins'
> & {
  readonly store: EventStore;
  readonly contents: ContentStore;
  readonly cache: Cache;
  readonly publicUrl: () => string;
  readonly allowedHosts: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly authFailuresMax: number;
  readonly failpoint: Failpoint;
};

const failureWindowMs = 60_000;

export const composeGateway = (adapters: GatewayAdapters): GatewayParts => {
  const { asks, store, contents, cache, logger, now, allowedHosts } = adapters;
  const tokens = new Tokens(store, adapters.tokenLedger, now);
  const limit = createRateLimit({ cache, failuresMax: adapters.authFailuresMax, windowMs: failureWindowMs, logger });
  const authenticator = new Authenticator(tokens, limit, cache, now);
  const secrets = createWebhookSecrets(asks, now);
  const deliveries = new Deliveries({
    store,
    contents,
    asks,
    secrets,
    ledger: adapters.deliveryLedger,
    refused: adapters.refusedDeliveries,
    logger,
    now,
    failpoint: adapters.failpoint,
  });
  const hooks = new HookRegistration({
    asks,
    api: createForgeApi(createGuardedRequest(allowedHosts)),
    publicUrl: adapters.publicUrl,
    allowedHosts,
    logger,
  });
  const tail = new WorldTail(store, logger);
  // What this process remembers ends with the event that makes it wrong, whoever appended it.
  tail.onEvent((event) => {
    if (event.type === 'TokenRevoked') authenticator.end(TokenId.parse(event.stream.id));
    if (event.type === 'CredentialSet' || event.type === 'ProjectDeleted')
      secrets.forget(ProjectId.parse(event.stream.id));
  });
  const clientAddress = createClientAddress(adapters.trustedProxies);
  return {
    ...adapters,
    clientAddress,
    tokens,
    authenticator,
    deliveries,
    hooks,
    tail,
    ownerOf: createBuildOwners(asks),
  };
};
