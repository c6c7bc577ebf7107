import { z } from 'zod';
import type { Role } from '../token/events.js';

/**
 * Who may call a route. `of` tells what the caller's token must cover:
 * the project or the build named in the path (absent and foreign ones answer alike), the whole installation,
 * or nothing in particular because the answer holds only what the token covers.
 */
export type RouteAccess =
  | { readonly kind: 'open' }
  /** Signed by a forge with the project's secret instead of carrying a token. */
  | { readonly kind: 'signed' }
  | { readonly kind: 'token'; readonly role: Role; readonly of: 'project' | 'build' | 'installation' | 'covered' };

export interface RouteReply {
  readonly status: number;
  readonly meaning: string;
  /** JSON of this shape; absent where the answer has no body or another media type. */
  readonly schema?: z.ZodType;
  readonly mediaType?: string;
  readonly etag?: boolean;
}

/**
 * One operation of the public API. Its schemas parse what comes in, its access is what the guard enforces, and the
 * OpenAPI document is made from it: the three cannot disagree.
 */
export interface RouteDefinition {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** OpenAPI form: `/api/v1/projects/{projectId}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: RouteAccess;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body?: z.ZodType;
  /** The first is the answer when all goes well. */
  readonly reply: RouteReply;
  readonly idempotencyKey?: boolean;
  /** Takes `If-Match`. */
  readonly ifMatch?: boolean;
  /** The same path also speaks WebSocket. */
  readonly socket?: string;
}

const nothing = z.strictObject({});

export const defineRoute = <
  const Route extends Omit<RouteDefinition, 'params' | 'query'> & {
    readonly params?: z.ZodObject;
    readonly query?: z.ZodObject;
  },
>(
  route: Route,
): Route & {
  readonly params: Route extends { readonly params: infer Params extends z.ZodObject } ? Params : typeof nothing;
  readonly query: Route extends { readonly query: infer Query extends z.ZodObject } ? Query : typeof nothing;
} =>
  // The defaults fill exactly what the conditional types promise; the compiler cannot follow a spread that far.
  ({ ...route, params: route.params ?? nothing, query: route.query ?? nothing }) as never;
