import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { hasCode } from '../failures.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which server to talk to, and as whom. */
export const ServerContext = z.object({
  url: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  token: z.string().regex(/^[\x21-\x7e]+$/),
});
export type ServerContext = z.infer<typeof ServerContext>;

export function contextPath(environment: Environment): string {
  const base = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return join(base, 'cyclone', 'context.json');
}

/**
 * Flags win over CYCLONE_URL and CYCLONE_TOKEN, which win over what `cyclone login` stored. The stored token goes to the server
 * it was stored for and to no other.
 */
export async function resolveContext(
  flags: { readonly url?: string; readonly token?: string },
  environment: Environment,
): Promise<ServerContext> {
  const given = {
    url: flags.url ?? environment['CYCLONE_URL'],
    token: flags.token ?? environment['CYCLONE_TOKEN'],
  };
  if (given.url !== undefined && given.token !== undefined) return checkContext(given.url, given.token);
  const stored = await readStoredContext(environment);
  const url = given.url ?? stored?.url;
  if (url === undefined) throw unknown('server');
  const token = given.token ?? (stored?.url === url.replace(/\/+$/, '') ? stored.token : undefined);
  if (token === undefined) throw unknown(stored === undefined ? 'token' : `token for ${url}`);
  return checkContext(url, token);
}

const unknown = (what: string): CommandFailure =>
  new CommandFailure(
    `no ${what} is known`,
    exitCodes.usage,
    'run "cyclone login --url URL --token TOKEN" once, or set CYCLONE_URL and CYCLONE_TOKEN',
  );

export function checkContext(url: string, token: string): ServerContext {
  const parsed = ServerContext.safeParse({ url, token });
  if (parsed.success) return parsed.data;
  const isUrl = parsed.error.issues.some(({ path }) => path[0] === 'url');
  throw isUrl
    ? new CommandFailure(`${url} is not the address of a server`, exitCodes.usage, 'for example http://127.0.0.1:7099')
    : new CommandFailure('this is not a token: it is one word, as it was shown', exitCodes.usage);
}

/** The file is written whole or not at all, readable by its owner only. */
export async function storeContext(context: ServerContext, environment: Environment): Promise<string> {
  const path = contextPath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(context, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
  return path;
}

export async function readStoredContext(environment: Environment): Promise<ServerContext | undefined> {
  const path = contextPath(environment);
  try {
    return ServerContext.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new CommandFailure(
      `${path} is damaged`,
      exitCodes.usage,
      'run "cyclone login --url URL --token TOKEN" again',
    );
  }
}
