import type { ForgeKind, RepositorySettings } from '@cyclone/contracts';
import { z } from 'zod';
import { type ForgeApi, ForgeApiError, type WantedHook } from './forge-api.js';
import type { GuardedReply, GuardedRequest } from './guarded-request.js';

/** What differs between the forges; the way of asking is the same for all. */
interface Dialect {
  /** Base address of the API, where the project names none. */
  readonly defaultApi: (origin: string) => string;
  readonly authorization: (token: string) => Record<string, string>;
  readonly hooksPath: (repositoryPath: string) => string;
  readonly hookBody: (url: string, secret: string) => object;
  readonly hookUrl: (hook: z.output<typeof Hook>) => string | undefined;
  readonly updateMethod: 'PATCH' | 'PUT';
}

const Hook = z.object({
  id: z.union([z.number(), z.string()]),
  url: z.string().optional(),
  config: z.object({ url: z.string().optional() }).loose().optional(),
});

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const giteaLike = (type: 'gitea' | 'gogs'): Dialect => ({
  defaultApi: (origin) => `${origin}/api/v1`,
  authorization: (token) => ({ Authorization: `token ${token}` }),
  hooksPath: (path) => `/repos/${encodePath(path)}/hooks`,
  // Gogs tells of new tags by `create` alone.
  hookBody: (url, secret) => ({
    type,
    active: true,
    events: type === 'gogs' ? ['push', 'pull_request', 'create'] : ['push', 'pull_request'],
    config: { url, content_type: 'json', secret },
  }),
  hookUrl: (hook) => hook.config?.url,
  updateMethod: 'PATCH',
});

const dialects: Readonly<Partial<Record<ForgeKind, Dialect>>> = {
  github: {
    defaultApi: (origin) => (new URL(origin).hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`),
    authorization: (token) => ({ Authorization: `Bearer ${token}`, 'X-GitHub-Api-Version': '2022-11-28' }),
    hooksPath: (path) => `/repos/${encodePath(path)}/hooks`,
    hookBody: (url, secret) => ({
      name: 'web',
      active: true,
      events: ['push', 'pull_request'],
      config: { url, content_type: 'json', secret, insecure_ssl: '0' },
    }),
    hookUrl: (hook) => hook.config?.url,
    updateMethod: 'PATCH',
  },
  gitlab: {
    defaultApi: (origin) => `${origin}/api/v4`,
    authorization: (token) => ({ 'PRIVATE-TOKEN': token }),
    hooksPath: (path) => `/projects/${encodeURIComponent(path)}/hooks`,
    hookBody: (url, secret) => ({
      url,
      token: secret,
      push_events: true,
      tag_push_events: true,
      merge_requests_events: true,
      enable_ssl_verification: true,
    }),
    hookUrl: (hook) => hook.url,
    updateMethod: 'PUT',
  },
  gitea: giteaLike('gitea'),
  gogs: giteaLike('gogs'),
};

/** `https://host/team/app.git` and `git@host:team/app.git` both live at `https://host`, as `team/app`. */
export const placeOf = (url: string): { origin: string; path: string } | undefined => {
  const scp = /^(?:[\w.-]+@)([\w.-]+):(?!\/\/)(.+)$/.exec(url);
  const [, scpHost, scpPath] = scp ?? [];
  const parsed = scpHost === undefined ? URL.parse(url) : undefined;
  if (parsed === null) return undefined;
  const origin =
    parsed === undefined
      ? `https://${scpHost}`
      : parsed.protocol === 'ssh:'
        ? `https://${parsed.hostname}`
        : parsed.origin;
  const path = (scpPath ?? parsed?.pathname ?? '')
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return origin === 'null' || !/^[^/]+(?:\/[^/]+)+$/.test(path) ? undefined : { origin, path };
};

export const hasHookApi = (forge: ForgeKind): boolean => dialects[forge] !== undefined;

export const createForgeApi = (request: GuardedRequest): ForgeApi => {
  const endpoint = (repository: RepositorySettings, token: string) => {
    const dialect = dialects[repository.forge];
    const place = placeOf(repository.url);
    if (dialect === undefined || place === undefined)
      throw new ForgeApiError(`${repository.url} is not a repository of a forge whose API is known`, false);
    const api = (repository.apiUrl ?? dialect.defaultApi(place.origin)).replace(/\/+$/, '');
    return { dialect, hooks: api + dialect.hooksPath(place.path), headers: dialect.authorization(token) };
  };

  const findHook = async (wanted: WantedHook): Promise<string | undefined> => {
    const { dialect, hooks, headers } = endpoint(wanted.repository, wanted.token);
    const listed = accepted(await request('GET', `${hooks}?per_page=100&limit=100`, headers), 'list its webhooks');
    const found = z.array(Hook).safeParse(listed.body);
    if (!found.success)
      throw new ForgeApiError('the forge answered with something that is not a list of webhooks', false);
    const mine = found.data.find((hook) => dialect.hookUrl(hook) === wanted.url);
    return mine === undefined ? undefined : String(mine.id);
  };

  return {
    ensureHook: async (wanted) => {
      const { dialect, hooks, headers } = endpoint(wanted.repository, wanted.token);
      const known = await findHook(wanted);
      const body = dialect.hookBody(wanted.url, wanted.secret);
      const reply =
        known === undefined
          ? await request('POST', hooks, headers, body)
          : await request(dialect.updateMethod, `${hooks}/${encodeURIComponent(known)}`, headers, body);
      const hook = Hook.safeParse(accepted(reply, 'register a webhook').body);
      if (!hook.success) throw new ForgeApiError('the forge answered with something that is not a webhook', false);
      return { hookId: String(hook.data.id) };
    },
    removeHook: async ({ repository, token, hookId }) => {
      const { hooks, headers } = endpoint(repository, token);
      const reply = await request('DELETE', `${hooks}/${encodeURIComponent(hookId)}`, headers);
      if (reply.status !== 404) accepted(reply, 'remove the webhook');
    },
  };
};

const accepted = (reply: GuardedReply, what: string): GuardedReply => {
  if (reply.status >= 200 && reply.status < 300) return reply;
  const said = z.object({ message: z.string() }).safeParse(reply.body);
  const why =
    reply.status === 401 || reply.status === 403
      ? 'the forge token may not do that'
      : reply.status === 404
        ? 'the repository is not there, or the forge token does not see it'
        : said.success
          ? said.data.message.slice(0, 300)
          : 'no reason given';
  throw new ForgeApiError(
    `the forge refused to ${what} (${reply.status}): ${why}`,
    reply.status >= 500 || reply.status === 429,
  );
};
