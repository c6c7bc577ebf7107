import type { RouteDefinition } from '@cyclone/contracts';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Caller } from '../auth/caller.js';
import { ProblemError } from './problem-error.js';

/** What a handler gets: everything parsed by the route's schemas. */
export interface Call<Route extends RouteDefinition = RouteDefinition> {
  readonly params: z.output<Route['params']>;
  readonly query: z.output<Route['query']>;
  readonly body: Route extends { readonly body: infer Body extends z.ZodType } ? z.output<Body> : undefined;
  /** Present on every route that wants a token: the guard has seen to it. */
  readonly caller: Route extends { readonly access: { readonly kind: 'token' } } ? Caller : Caller | undefined;
  readonly requestId: string;
  /** Names the intent: the same for a repeated request with the same Idempotency-Key. */
  readonly commandId: string;
  /** From If-Match. */
  readonly expectedVersion?: number;
  readonly request: Request;
}

export type Answer<Route extends RouteDefinition = RouteDefinition> = (Route['reply'] extends {
  readonly schema: infer Schema extends z.ZodType;
}
  ? { readonly body: z.input<Schema> }
  : { readonly body?: string | Uint8Array }) & {
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Other than the route's own. */
  readonly status?: number;
  /** Writes the body piece by piece instead; the head is written before it is called. */
  readonly write?: (response: Response) => Promise<void>;
};

/** What the guard and the interceptor know of a request before there is a call. */
export interface RequestState {
  readonly requestId: string;
  readonly address: string;
  caller?: Caller;
  call?: Call;
}

const states = new WeakMap<object, RequestState>();

export const attachState = (request: object, state: RequestState): void => void states.set(request, state);

export const stateOf = (request: object): RequestState => {
  const state = states.get(request);
  if (state === undefined) throw new ProblemError(500, 'no-request-state', 'the request went past the door');
  return state;
};

/** The address that rate limits count by. */
export const addressOf = (request: object): string => stateOf(request).address;

export const headersOf = (request: Request): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
