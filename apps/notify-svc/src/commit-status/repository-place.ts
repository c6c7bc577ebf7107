/** Where a repository lives on a forge, read from its clone address. */
export interface RepositoryPlace {
  /** Scheme and host of the forge's web side. */
  readonly origin: string;
  readonly host: string;
  /** `owner/name`, on GitLab with as many groups as there are; no leading slash, no `.git`. */
  readonly path: string;
}

const scpForm = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/)(.+)$/;

const cleanPath = (path: string): string =>
  path
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');

/** Takes `https://host/owner/name.git`, `ssh://git@host:22/owner/name` and `git@host:owner/name.git`; undefined for all else. */
export const repositoryPlace = (cloneUrl: string): RepositoryPlace | undefined => {
  const url = URL.canParse(cloneUrl) ? new URL(cloneUrl) : undefined;
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) {
    return placeOf(`${url.protocol}//${url.host}`, url.host, url.pathname);
  }
  if (url !== undefined && url.protocol === 'ssh:')
    return placeOf(`https://${url.hostname}`, url.hostname, url.pathname);
  const [, host, path] = scpForm.exec(cloneUrl) ?? [];
  if (host === undefined || path === undefined || cloneUrl.includes('://') || cloneUrl.includes('::')) return undefined;
  return placeOf(`https://${host}`, host, path);
};

const placeOf = (origin: string, host: string, rawPath: string): RepositoryPlace | undefined => {
  const path = cleanPath(rawPath);
  const parts = path.split('/');
  if (parts.length < 2 || parts.some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return { origin, host, path };
};
