import { Problem, type RouteDefinition } from '@cyclone/contracts';
import type { z } from 'zod';
import { CommandFailure, exitCodes, type ExitCode } from '../exit-codes.js';
import { explainFailure } from '../failures.js';
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
}

export function createApiClient(context: ServerContext, options: { readonly timeoutMs: number }): ApiClient {
  return {
    context,
    async call(route, given) {
      const { status, text } = await send(context, route, given, options.timeoutMs);
      if (status < 200 || status > 299) throw refusalOf(status, text);
      const reply = route.reply.schema?.safeParse(text === '' ? undefined : parseJson(text));
      if (reply?.success === false) throw notUnderstood(context);
      // The route's own schema parsed it, so the cast only says what the conditional type above says.
      return reply?.data as Answer<typeof route>;
    },
  };
}

async function send<Route extends RouteDefinition>(
  context: ServerContext,
  route: Route,
  given: Given<Route>,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers: Record<string, string> = { authorization: `Bearer ${context.token}`, ...given.headers };
  if (given.body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(urlOf(context, route, given), {
      method: route.method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new CommandFailure(
      `${context.url} did not answer: ${explainFailure(error)}`,
      exitCodes.unreachable,
      'is it running? "cyclone up" starts one here',
    );
  }
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

function refusalOf(status: number, text: string): CommandFailure {
  const problem = Problem.safeParse(parseJson(text));
  if (!problem.success) return new CommandFailure(`the server answered ${status}`, exitCodeOf(status));
  const { detail, title, problems = [] } = problem.data;
  const places = problems.map(({ path, message }) => `${path}: ${message}`);
  return new CommandFailure(detail ?? title, exitCodeOf(status), places.length === 0 ? undefined : places.join('\n  '));
}

const notUnderstood = ({ url }: ServerContext): CommandFailure =>
  new CommandFailure(
    `${url} answered what this version of the command does not understand`,
    exitCodes.failed,
    'is it a Cyclone server, and of the same version?',
  );

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 404) return exitCodes.notFound;
  return status >= 500 ? exitCodes.unreachable : exitCodes.failed;
}

/** Undefined where it is not JSON: no reply of the API is. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
