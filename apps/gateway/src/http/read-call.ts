import { createHash } from 'node:crypto';
import type { RouteDefinition } from '@cyclone/contracts';
import type { Request } from 'express';
import type { z } from 'zod';
import type { Call, RequestState } from './call.js';
import { ProblemError } from './problem-error.js';
import { readBody } from './read-body.js';

const jsonLimits = { bytesMax: 1024 * 1024, msMax: 15_000 };

const parse = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  status: number,
): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 50)
    .map((issue) => ({ path: [root, ...issue.path.map(String)].join('.'), message: issue.message }));
  const [first] = problems;
  throw new ProblemError(status, 'bad-input', `${first?.path}: ${first?.message}`, { problems });
};

const readJson = async (request: Request): Promise<unknown> => {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    const given = mediaType === undefined ? 'without Content-Type' : `as ${mediaType.slice(0, 100)}`;
    throw new ProblemError(415, 'not-json', `send application/json; the body came ${given}`, {
      headers: { Connection: 'close' },
    });
  }
  const bytes = await readBody(request, jsonLimits);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new ProblemError(400, 'malformed-json', `body: ${error instanceof Error ? error.message : 'not JSON'}`, {
      cause: error,
    });
  }
};

const keyForm = /^[\x21-\x7e]{1,200}$/;

/** The key counts within its token and route: nobody can meet another's. */
const commandIdOf = (request: Request, route: RouteDefinition, state: RequestState): string => {
  const key = request.headers['idempotency-key'];
  if (key === undefined || route.idempotencyKey !== true) return `http:${state.requestId}`;
  if (typeof key !== 'string' || !keyForm.test(key))
    throw new ProblemError(400, 'bad-idempotency-key', 'header Idempotency-Key: 1 to 200 printable characters');
  return `http:${createHash('sha256')
    .update(JSON.stringify([state.caller?.tokenId, route.id, request.path, key]))
    .digest('hex')}`;
};

const versionForm = /^"v(\d{1,15})"$/;

const expectedVersionOf = (request: Request, route: RouteDefinition): number | undefined => {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*' || route.ifMatch !== true) return undefined;
  const version = versionForm.exec(header)?.[1];
  // An entity tag that we never gave cannot match.
  if (version === undefined)
    throw new ProblemError(412, 'changed-meanwhile', 'If-Match does not name the current version');
  return Number(version);
};

/** Everything that comes in, through the route's schemas. */
export const readCall = async (request: Request, route: RouteDefinition, state: RequestState): Promise<Call> => {
  const params = parse(route.params, request.params, 'path', 404);
  const query = parse(route.query, request.query, 'query', 400);
  const commandId = commandIdOf(request, route, state);
  const expectedVersion = expectedVersionOf(request, route);
  const body = route.body === undefined ? undefined : parse(route.body, await readJson(request), 'body', 422);
  // The route's own schemas made these values; the general type cannot say which route it is.
  return {
    params,
    query,
    body,
    caller: state.caller,
    requestId: state.requestId,
    commandId,
    expectedVersion,
    request,
  } as Call;
};
