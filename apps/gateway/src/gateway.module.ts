import { type DynamicModule, Module } from '@nestjs/common';
import { Authenticator } from './auth/authenticator.js';
import { WorldTail } from './feed/world-tail.js';
import { BuildsController } from './http/builds/builds.controller.js';
import { DeliveriesController } from './http/deliveries/deliveries.controller.js';
import { FeedController } from './http/feed/feed.controller.js';
import { InstallationController } from './http/installation/installation.controller.js';
import { LogsController } from './http/logs/logs.controller.js';
import { ProjectsController } from './http/projects/projects.controller.js';
import { SecretsController } from './http/projects/secrets.controller.js';
import { TokensController } from './http/tokens/tokens.controller.js';
import { ASKS, DELIVERY_LEDGER, HEALTH, LOGGER, METRICS, REFUSED_DELIVERIES, TOKEN_LEDGER } from './http/tokens.di.js';
import type { GatewayParts } from './parts.js';
import { Tokens } from './tokens/tokens.js';
import { Deliveries } from './webhooks/deliveries.js';
import { HookRegistration } from './webhooks/hook-registration.js';

/** The only place where Nest learns what the controllers are made of. */
@Module({})
export class GatewayModule {
  static with(parts: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        ProjectsController,
        SecretsController,
        BuildsController,
        LogsController,
        DeliveriesController,
        FeedController,
        TokensController,
        InstallationController,
      ],
      providers: [
        { provide: ASKS, useValue: parts.asks },
        { provide: Authenticator, useValue: parts.authenticator },
        { provide: Tokens, useValue: parts.tokens },
        { provide: TOKEN_LEDGER, useValue: parts.tokenLedger },
        { provide: Deliveries, useValue: parts.deliveries },
        { provide: DELIVERY_LEDGER, useValue: parts.deliveryLedger },
        { provide: REFUSED_DELIVERIES, useValue: parts.refusedDeliveries },
        { provide: HookRegistration, useValue: parts.hooks },
        { provide: WorldTail, useValue: parts.tail },
        { provide: HEALTH, useValue: parts.health },
        { provide: METRICS, useValue: parts.metrics },
        { provide: LOGGER, useValue: parts.logger },
      ],
    };
  }
}
