import { routes, type BuildId, type BuildView, type ProjectId, type RouteDefinition } from '@cyclone/contracts';
import { eventually } from '@cyclone/testing';
import type { z } from 'zod';

type Given<Route extends RouteDefinition> = {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | number>;
  readonly body?: Route['body'] extends z.ZodType ? z.input<Route['body']> : never;
  readonly headers?: Record<string, string>;
};

type Answer<Route extends RouteDefinition> = Route['reply']['schema'] extends z.ZodType
  ? z.output<Route['reply']['schema']>
  : undefined;

/** The public API, as a test uses it: an answer that is not the route's first is an error with what was said. */
export interface Api {
  readonly url: string;
  call<Route extends RouteDefinition>(route: Route, given: Given<Route>): Promise<Answer<Route>>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The build once it has ended. */
  finishedBuild(buildId: BuildId, timeoutMs?: number): Promise<BuildView>;
  /** The newest builds of a project, once there are so many. */
  buildsOf(projectId: ProjectId, count: number, timeoutMs?: number): Promise<readonly BuildId[]>;
}

export function createApi(url: string, token: string): Api {
  const api: Api = {
    url,
    fetch: (path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...init.headers },
        signal: AbortSignal.timeout(30_000),
      }),
    async call(route, given) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(given.params?.[name] ?? ''),
      );
      const query = new URLSearchParams(
        Object.entries(given.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
      );
      const response = await api.fetch(query.size === 0 ? path : `${path}?${query}`, {
        method: route.method,
        headers: { ...(given.body === undefined ? {} : { 'content-type': 'application/json' }), ...given.headers },
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      });
      const text = await response.text();
      if (response.status !== route.reply.status) {
        throw new Error(`${route.method} ${path} answered ${response.status}: ${text}`);
      }
      return route.reply.schema?.parse(text === '' ? undefined : JSON.parse(text)) as Answer<typeof route>;
    },
    finishedBuild: (buildId, timeoutMs = 60_000) =>
      eventually(
        async () => {
          const build = await api.call(routes.getBuild, { params: { buildId } });
          if (build.status !== 'finished')
            throw new Error(`build ${buildId} is ${build.status}: ${JSON.stringify(build.jobs)}`);
          return build;
        },
        { timeoutMs, intervalMs: 50 },
      ),
    buildsOf: (projectId, count, timeoutMs = 30_000) =>
      eventually(
        async () => {
          const page = await api.call(routes.listProjectBuilds, { params: { projectId }, query: { limit: 200 } });
          if (page.items.length < count) throw new Error(`${projectId} has ${page.items.length} builds, not ${count}`);
          return page.items.map(({ id }) => id);
        },
        { timeoutMs, intervalMs: 50 },
      ),
  };
  return api;
}
