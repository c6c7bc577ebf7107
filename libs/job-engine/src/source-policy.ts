import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { posix } from 'node:path';

/** What an administrator allows although it is inside, or on this machine. */
export interface SourcePolicy {
  readonly allowedHosts: readonly string[];
  readonly allowedFolders: readonly string[];
}

/** Reads `127.0.0.1,git.internal,/srv/git`: entries that begin with a slash are folders. */
export const parseSourcePolicy = (list: string): SourcePolicy => {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return {
    allowedHosts: entries.filter((entry) => !entry.startsWith('/')).map((entry) => entry.toLowerCase()),
    allowedFolders: entries.filter((entry) => entry.startsWith('/')).map((entry) => posix.normalize(`${entry}/`)),
  };
};

export type Source =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'remote';
      readonly protocol: 'https' | 'http' | 'ssh';
      readonly host: string;
      readonly port: number;
      readonly allowed: boolean;
    };

/** Thrown for a repository that may not be read; the message is for whoever registered it. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';
  readonly code = 'source-refused';
}

const defaultPorts = { https: 443, http: 80, ssh: 22 } as const;
const scpForm = /^[A-Za-z0-9_][A-Za-z0-9._-]*@([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)[^-].*$/;
const hasControl = (text: string): boolean => /[\u0000-\u0020\u007f]/.test(text);

const isProtocol = (name: string): name is keyof typeof defaultPorts => Object.hasOwn(defaultPorts, name);

/**
 * Says what a repository's URL means, or refuses it: only https and ssh (http where the host is allowed), nothing that git
 * would take for an option or a helper program, no password inside, folders only where allowed. Looks nothing up.
 */
export const readSourceUrl = (url: string, policy: SourcePolicy): Source => {
  if (url === '' || url.length > 2000 || hasControl(url))
    throw new SourceRefusedError('The repository URL is empty, too long, or has blanks or control characters in it.');
  if (url.startsWith('-')) throw new SourceRefusedError(`The repository URL "${url}" looks like an option of git.`);
  if (url.includes('::') && !url.includes('['))
    throw new SourceRefusedError(
      `The repository URL "${url}" names a helper program of git; only https and ssh are allowed.`,
    );
  if (url.startsWith('/') || url.startsWith('file:')) return readFolder(url, policy);
  const scp = scpForm.exec(url);
  if (scp?.[1] !== undefined) return remote('ssh', scp[1], 22, policy);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const protocol = parsed?.protocol.slice(0, -1) ?? '';
  if (parsed === undefined || !isProtocol(protocol) || parsed.hostname === '') {
    throw new SourceRefusedError(`The repository URL "${url}" is not one of https://..., ssh://... or user@host:path.`);
  }
  if (parsed.password !== '')
    throw new SourceRefusedError(
      "The repository URL has a password in it: store it as the project's clone credentials instead.",
    );
  if (/^[-.]/.test(parsed.hostname) || parsed.username.startsWith('-'))
    throw new SourceRefusedError(`The host of "${url}" looks like an option.`);
  return remote(protocol, parsed.hostname, parsed.port === '' ? defaultPorts[protocol] : Number(parsed.port), policy);
};

const readFolder = (url: string, policy: SourcePolicy): Source => {
  const path = posix.normalize(url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url);
  if (!policy.allowedFolders.some((folder) => `${path}/`.startsWith(folder))) {
    throw new SourceRefusedError(
      `The folder ${path} is not among those that an administrator allows for repositories (CYCLONE_ALLOWED_HOSTS).`,
    );
  }
  return { kind: 'folder', path };
};

const remote = (protocol: 'https' | 'http' | 'ssh', hostname: string, port: number, policy: SourcePolicy): Source => {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const allowed = policy.allowedHosts.includes(host) || policy.allowedHosts.includes(`${host}:${port}`);
  if (protocol === 'http' && !allowed)
    throw new SourceRefusedError(
      `Plain http is allowed for hosts that an administrator named only (CYCLONE_ALLOWED_HOSTS); use https for ${host}.`,
    );
  if (!allowed && isIP(host) !== 0) refuseInside(host, [host]);
  return { kind: 'remote', protocol, host, port, allowed };
};

const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(net, bits, 'ipv6');
}

/** Loopback, private, link-local (cloud metadata), shared, test and multicast addresses, also those wrapped into IPv6. */
export const isInsideAddress = (address: string): boolean =>
  inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

const refuseInside = (host: string, addresses: readonly string[]): void => {
  const found = addresses.find((address) => isIP(address) === 0 || isInsideAddress(address));
  if (found === undefined) return;
  throw new SourceRefusedError(
    `The host ${host} leads to the inside address ${found}; an administrator can allow it (CYCLONE_ALLOWED_HOSTS).`,
  );
};

export type Lookup = (host: string) => Promise<readonly string[]>;

const lookUp: Lookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The addresses a remote source may be reached at: looked up once and to be pinned, so that a name cannot
 * lead elsewhere a second later.
 */
export const resolveSource = async (
  source: Source & { kind: 'remote' },
  resolve: Lookup = lookUp,
): Promise<readonly string[]> => {
  const addresses = isIP(source.host) !== 0 ? [source.host] : await resolve(source.host);
  if (addresses.length === 0) throw new SourceRefusedError(`The host ${source.host} has no address.`);
  if (!source.allowed) refuseInside(source.host, addresses);
  return addresses;
};

/** Refuses refs that git would read as options, ranges or patterns; the rules of git-check-ref-format. */
export const checkSourceRef = (ref: string): void => {
  const wrong =
    ref === '' ||
    ref.length > 500 ||
    hasControl(ref) ||
    /^[-/]|[~^:?*[\\]|\.\.|@\{|\/\/|\/\.|^\.|[./]$|\.lock(?:\/|$)/.test(ref) ||
    ref === '@';
  if (wrong) throw new SourceRefusedError(`The ref "${ref.slice(0, 200)}" is not a name that git allows.`);
};

const shaPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

export const checkSourceSha = (sha: string): void => {
  if (!shaPattern.test(sha)) throw new SourceRefusedError(`"${sha.slice(0, 80)}" is not a commit's full hash.`);
};

/** Answers git's question for a password from the environment: never an argument, never a file. */
const credentialHelper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$CYCLONE_GIT_USERNAME" "$CYCLONE_GIT_PASSWORD"; }; f`;

/**
 * The environment in which git reads this source and nothing else: one protocol, no redirects, pinned addresses, no prompts,
 * no hooks, no configuration of the machine. For every process that runs git on a user's URL.
 */
export const gitEnvironment = (
  source: Source,
  addresses: readonly string[],
  credentials: { readonly username?: string; readonly password?: string } = {},
): Record<string, string> => {
  const config: [string, string][] = [
    ['http.followRedirects', 'false'],
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['fetch.recurseSubmodules', 'false'],
    ['credential.helper', ''],
    ['gc.auto', '0'],
  ];
  if (source.kind === 'remote' && source.protocol !== 'ssh' && isIP(source.host) === 0 && addresses.length > 0) {
    config.push(['http.curloptResolve', `${source.host}:${source.port}:${addresses.join(',')}`]);
  }
  if (credentials.password !== undefined) config.push(['credential.helper', credentialHelper]);
  return {
    GIT_ALLOW_PROTOCOL: source.kind === 'folder' ? 'file' : source.protocol,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new',
    GIT_LFS_SKIP_SMUDGE: '1',
    ...(credentials.password === undefined
      ? {}
      : { CYCLONE_GIT_USERNAME: credentials.username ?? 'git', CYCLONE_GIT_PASSWORD: credentials.password }),
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
};
