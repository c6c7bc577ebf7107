import type { IncomingMessage } from 'node:http';
import type { EpochMs } from '@cyclone/contracts';
import type { Signals } from '@cyclone/messaging';
import type { Logger, Metrics } from '@cyclone/observability';
import type { HealthReport } from '@cyclone/service-host';
import type { Asks } from './asks.js';
import type { Authenticator } from './auth/authenticator.js';
import type { WorldTail } from './feed/world-tail.js';
import type { BuildOwners } from './http/access.guard.js';
import type { IdempotencyKeys } from './http/idempotency.js';
import type { TokenLedger } from './tokens/token-ledger.js';
import type { Tokens } from './tokens/tokens.js';
import type { Deliveries } from './webhooks/deliveries.js';
import type { DeliveryLedger, RefusedDeliveries } from './webhooks/delivery-ledger.js';
import type { HookRegistration } from './webhooks/hook-registration.js';

/** What the edges of the gateway are made of; each controller is given the few that it uses. */
export interface GatewayParts {
  readonly asks: Asks;
  readonly authenticator: Authenticator;
  readonly ownerOf: BuildOwners;
  readonly keys: IdempotencyKeys;
  readonly tokens: Tokens;
  readonly tokenLedger: TokenLedger;
  readonly deliveries: Deliveries;
  readonly deliveryLedger: DeliveryLedger;
  readonly refusedDeliveries: RefusedDeliveries;
  readonly hooks: HookRegistration;
  readonly tail: WorldTail;
  readonly signals: Signals;
  readonly health: () => Promise<HealthReport>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: () => EpochMs;
  /** Pages of other addresses that may open sockets; one's own always may. */
  readonly allowedOrigins: readonly string[];
  /** The address on the other end, past the proxies that the configuration trusts. */
  readonly clientAddress: (request: IncomingMessage) => string;
}
