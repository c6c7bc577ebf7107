import { Problem, type RouteDefinition } from '@cyclone/contracts';
import type { z } from 'zod';
import { CommandFailure, exitCodes, type ExitCode } from '../exit-codes.js';
import type { ServerContext } from './context.js';

type Given<Route extends RouteDefinition> = {
  readonly params?: z.input<Route['params']>;
  readonly query?: z.input<Route['query']>;
  readonly body?: Route['body'] extends z.ZodType ? z.input<Route['body']> : never;
  readonly headers?: Readonly<Record<string, string>>;
};

type Answer<Route extends RouteDefinition> = Route['reply']['schema'] extends z.ZodType
  ? z.output<Route['reply']['schema']>
  : undefined;

/** The public API as any other client sees it. Failures become exit codes with the server's own words. */
export interface ApiClient {
  readonly context: ServerContext;
  call<Route extends RouteDefinition>(route: Route, given: Given<Route>): Promise<Answer<Route>>;
  /** For answers that are bytes. */
  read<Route extends RouteDefinition>(route: Route, given: Given<Route>): Promise<Response>;
}

export function createApiClient(context: ServerContext, options: { readonly timeoutMs: number }): ApiClient {
  const read = async <Route extends RouteDefinition>(route: Route, given: Given<Route>): Promise<Response> => {
    const headers: Record<string, string> = { authorization: `Bearer ${context.token}`, ...given.headers };
    if (given.body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(urlOf(context, route, given), {
        method: route.method,
        headers,
        signal: AbortSignal.timeout(options.timeoutMs),
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      });
    } catch (error) {
      throw new CommandFailure(
        `${context.url} did not answer: ${describe(error)}`,
        exitCodes.unreachable,
        'is it running? "cyclone up" starts one here',
      );
    }
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  return {
    context,
    read,
    async call(route, given) {
      const response = await read(route, given);
      const text = await response.text();
      // The route's own schema parses, so the cast only says what the conditional type above says.
      return route.reply.schema?.parse(text === '' ? undefined : JSON.parse(text)) as Answer<typeof route>;
    },
  };
}

function urlOf<Route extends RouteDefinition>(context: ServerContext, route: Route, given: Given<Route>): URL {
  const params = new Map(Object.entries(given.params ?? {}));
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params.get(name))));
  const url = new URL(`${context.url}${path}`);
  for (const [key, value] of Object.entries(given.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

async function refusalOf(response: Response): Promise<CommandFailure> {
  const text = await response.text();
  const problem = Problem.safeParse(parseJson(text));
  const said = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  return new CommandFailure(said ?? `the server answered ${response.status}`, exitCodeOf(response.status));
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 404) return exitCodes.notFound;
  return status >= 500 ? exitCodes.unreachable : exitCodes.failed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
