import { type Problem, type RouteDefinition, routes } from '@cyclone/contracts';
import type { Logger } from '@cyclone/observability';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { refusalOf } from '../asks.js';
import { stateOf } from './call.js';
import { ProblemError, unavailable } from './problem-error.js';

const statusOfRefusal = { 'not-found': 404, conflict: 409, invalid: 422, forbidden: 403, unavailable: 503 } as const;

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
const away = new Set<unknown>([
  'ask-unavailable',
  'store-unavailable',
  'too-many-conflicts',
  'broker-unavailable',
  'cache-unavailable',
]);

/** Every way that something can fail, as the one form that callers see. Undefined is a bug of ours. */
export const asProblem = (error: unknown): ProblemError | undefined => {
  if (error instanceof ProblemError) return error;
  const refusal = refusalOf(error);
  if (refusal !== undefined) {
    // The caller's If-Match is what an expected version came from.
    const status = refusal.code === 'project-moved-on' ? 412 : statusOfRefusal[refusal.kind];
    return new ProblemError(status, refusal.code, refusal.message, {
      headers: status === 503 ? { 'Retry-After': '5' } : undefined,
    });
  }
  if (away.has(codeOf(error))) return unavailable('a part that this needs does not answer just now', error);
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  if (/^Mongo(?:Network|Server|Pool|Topology|Timeout)/.test(name))
    return unavailable('the store does not answer just now', error);
  return undefined;
};

const segments = (path: string): string[] => path.split('/');
const isAt = (route: RouteDefinition, path: string): boolean => {
  const wanted = segments(route.path);
  const given = segments(path);
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith('{') ? given[index] !== '' : part === given[index]))
  );
};

const allowedAt = (path: string): string[] => [
  ...new Set(
    Object.values(routes)
      .filter((route) => isAt(route, path))
      .map((route) => route.method),
  ),
];

const fromNest = (error: HttpException, request: Request): ProblemError => {
  const allowed = error.getStatus() === 404 ? allowedAt(request.path) : [];
  if (allowed.length > 0)
    return new ProblemError(405, 'method-not-allowed', `${request.path} takes ${allowed.join(', ')}`, {
      headers: { Allow: allowed.join(', ') },
    });
  if (error.getStatus() === 404) return new ProblemError(404, 'not-found', 'there is nothing at this address');
  return new ProblemError(error.getStatus(), 'refused', 'the request was refused');
};

/** The one place where an answer that is not the wished-for one is written: RFC 9457, and never a stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const known = error instanceof HttpException ? fromNest(error, request) : (asProblem(error) ?? malformed(error));
    if (known === undefined)
      this.logger.error('a request failed', { error, method: request.method, path: request.path });
    else if (known.problem.status === 503)
      this.logger.warn('a request could not be answered', { error: known.extra.cause ?? known, path: request.path });
    writeProblem(
      response,
      known ?? new ProblemError(500, 'internal', 'something went wrong on our side; the log knows more'),
      stateOf(request).requestId,
    );
  }
}

/** What Express itself refuses, such as a broken percent-encoding in the path. */
const malformed = (error: unknown): ProblemError | undefined =>
  error instanceof URIError ||
  (typeof error === 'object' && error !== null && 'status' in error && error.status === 400)
    ? new ProblemError(400, 'malformed', 'the address is not well-formed')
    : undefined;

export const writeProblem = (response: Response, error: ProblemError, requestId: string): void => {
  if (response.headersSent) {
    // Halfway through a stream there is no status left to give: cutting it off is the only honest end.
    response.destroy();
    return;
  }
  for (const name of ['ETag', 'Content-Disposition', 'Content-Range', 'Accept-Ranges', 'Content-Length'])
    response.removeHeader(name);
  for (const [name, value] of Object.entries(error.extra.headers ?? {})) response.setHeader(name, value);
  const problem: Problem = { ...error.problem, instance: requestId };
  response.status(problem.status).setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  response.end(JSON.stringify(problem));
};
