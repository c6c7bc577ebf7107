import type { ForgeKind, Notice } from '@cyclone/contracts';
import { type RepositoryPlace, repositoryPlace } from './repository-place.js';

export type StatusState = Extract<Notice, { channel: 'commit-status' }>['state'];

export interface CommitStatus {
  readonly sha: string;
  readonly state: StatusState;
  readonly context: string;
  readonly description: string;
  readonly targetUrl?: string;
}

export interface ForgeAccess {
  readonly forge: ForgeKind;
  readonly repositoryUrl: string;
  readonly apiUrl?: string;
  readonly token: string;
}

export type StatusRequest =
  | {
      readonly kind: 'request';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'unsupported'; readonly reason: string };

const githubStates: Record<StatusState, string> = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failure: 'failure',
  error: 'error',
  cancelled: 'error',
};
const gitlabStates: Record<StatusState, string> = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failure: 'failed',
  error: 'failed',
  cancelled: 'canceled',
};

/** GitHub takes 140 characters, the others more. */
const descriptionCharsMax = 140;

const common = { 'content-type': 'application/json', 'user-agent': 'cyclone' };
const trimSlash = (url: string): string => url.replace(/\/+$/, '');
const unsupported = (reason: string): StatusRequest => ({ kind: 'unsupported', reason });
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** A forge that lives below a path (`https://host/git/`) has that path in its API's address too, and not in the project's name. */
const withoutBasePath = (place: RepositoryPlace, apiUrl: string, apiPath: RegExp): string => {
  const base = new URL(apiUrl).pathname.replace(apiPath, '').replace(/^\/+|\/+$/g, '');
  return base !== '' && place.path.startsWith(`${base}/`) ? place.path.slice(base.length + 1) : place.path;
};

const apiBase = ({ forge, apiUrl }: ForgeAccess, { origin, host }: RepositoryPlace): string => {
  if (apiUrl !== undefined) return trimSlash(apiUrl);
  if (forge === 'gitlab') return `${origin}/api/v4`;
  if (forge === 'gitea') return `${origin}/api/v1`;
  return host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
};

/** How each forge wants to be told of a commit's status. */
export const statusRequest = (access: ForgeAccess, status: CommitStatus): StatusRequest => {
  const { forge, repositoryUrl, token } = access;
  if (forge === 'gogs') return unsupported('Gogs has no API for commit statuses');
  if (forge === 'generic' || forge === 'bare')
    return unsupported(`a ${forge} repository has nobody to tell a commit status to`);
  const place = repositoryPlace(repositoryUrl);
  if (place === undefined) return unsupported(`${repositoryUrl} does not name a repository on a forge`);
  const base = apiBase(access, place);
  if (!URL.canParse(base)) return unsupported(`${base} is no address of an API`);
  const description = status.description.slice(0, descriptionCharsMax);
  const { sha, state, context, targetUrl } = status;
  switch (forge) {
    case 'github':
      return {
        kind: 'request',
        url: `${base}/repos/${encodePath(withoutBasePath(place, base, /\/api\/v3$/))}/statuses/${sha}`,
        headers: {
          ...common,
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
          authorization: `Bearer ${token}`,
        },
        body: JSON.stringify({ state: githubStates[state], context, description, target_url: targetUrl }),
      };
    case 'gitea':
      return {
        kind: 'request',
        url: `${base}/repos/${encodePath(withoutBasePath(place, base, /\/api\/v1$/))}/statuses/${sha}`,
        headers: { ...common, accept: 'application/json', authorization: `token ${token}` },
        body: JSON.stringify({ state: githubStates[state], context, description, target_url: targetUrl }),
      };
    case 'gitlab':
      return {
        kind: 'request',
        url: `${base}/projects/${encodeURIComponent(withoutBasePath(place, base, /\/api\/v4$/))}/statuses/${sha}`,
        headers: { ...common, accept: 'application/json', 'private-token': token },
        body: JSON.stringify({ state: gitlabStates[state], name: context, description, target_url: targetUrl }),
      };
  }
};
