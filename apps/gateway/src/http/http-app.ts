import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { nestLogger } from '@cyclone/observability/nest';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { GatewayParts } from '../parts.js';
import { GatewayModule } from '../gateway.module.js';
import { AccessGuard } from './access.guard.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { attachState } from './call.js';
import { ProblemFilter } from './problem.filter.js';

const headersMsMax = 10_000;
/** Above the body's own deadlines, which answer before this one cuts. */
const requestMsMax = 30_000;

const securityHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** The one door: every request gets its id, its headers, and its count before anything looks at it. */
const atTheDoor = ({ metrics, clientAddress }: GatewayParts) => {
  const seconds = metrics.histogram<'method' | 'status'>({
    name: 'cyclone_gateway_request_seconds',
    help: 'From the request to the end of its answer.',
    labels: ['method', 'status'],
  });
  return (request: Request, response: Response, next: NextFunction): void => {
    const requestId = randomUUID();
    const startedAt = performance.now();
    attachState(request, { requestId, address: clientAddress(request) });
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    response.setHeader('X-Request-Id', requestId);
    response.on('finish', () =>
      seconds.observe((performance.now() - startedAt) / 1000, { method: request.method, status: response.statusCode }),
    );
    next();
  };
};

export const createHttpApp = async (parts: GatewayParts): Promise<NestExpressApplication<Server>> => {
  const app = await NestFactory.create<NestExpressApplication<Server>>(GatewayModule.with(parts), {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(parts.logger),
  });
  app.disable('x-powered-by');
  // Different spellings of an address are different addresses; nothing is matched that the table does not say.
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(atTheDoor(parts));
  app.useGlobalGuards(new AccessGuard(parts.authenticator, parts.ownerOf));
  app.useGlobalInterceptors(new AnswerInterceptor(parts.keys));
  app.useGlobalFilters(new ProblemFilter(parts.logger));
  const server = app.getHttpServer();
  server.headersTimeout = headersMsMax;
  server.requestTimeout = requestMsMax;
  server.keepAliveTimeout = 65_000;
  return app;
};
