import type { RouteDefinition } from '@cyclone/contracts';
import {
  createParamDecorator,
  type ExecutionContext,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
} from '@nestjs/common';
import type { Request } from 'express';
import { type Answer, type Call, stateOf } from './call.js';

export const routeKey = Symbol('route');

const Incoming = createParamDecorator(
  (_: unknown, context: ExecutionContext) => stateOf(context.switchToHttp().getRequest<Request>()).call,
);

/** `/a/{b}` as Express spells it. */
export const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/**
 * Binds a controller's method to a route of the table: its path, what the guard demands, and the types of what comes
 * in and goes out. A method without it answers nobody.
 */
export const Handles =
  <Route extends RouteDefinition>(route: Route) =>
  <Method extends (call: Call<Route>) => Promise<Answer<Route>>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    RequestMapping({ path: expressPath(route.path), method: RequestMethod[route.method] })(target, key, descriptor);
    SetMetadata(routeKey, route)(target, key, descriptor);
    Incoming()(target, key, 0);
    // Tells Nest that we write the answer ourselves, headers, streams and all.
    Res()(target, key, 1);
  };
