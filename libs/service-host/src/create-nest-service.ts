import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { AskServer } from '@cyclone/messaging/nest';
import type { NatsLink } from '@cyclone/messaging/jetstream';
import { nestLogger } from '@cyclone/observability/nest';
import type { Logger } from '@cyclone/observability';

export interface NestServiceOptions {
  readonly module: Type | DynamicModule;
  readonly link: NatsLink;
  readonly logger: Logger;
}

/**
 * A Nest application whose `@Answers` methods answer over the link. `listen()` begins to take questions (call it when
 * everything they need is ready), `close()` answers those that were taken. Signals belong to the host, so Nest's
 * shutdown hooks stay off; a module that cannot be made throws instead of ending the process.
 */
export const createNestService = (options: NestServiceOptions): Promise<INestMicroservice> =>
  NestFactory.createMicroservice(options.module, {
    strategy: new AskServer(options.link),
    logger: nestLogger(options.logger),
    abortOnError: false,
  });
