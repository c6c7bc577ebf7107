import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CommandFailure, exitCodes } from '../exit-codes.js';

/** Which server to talk to, and as whom. */
export const ServerContext = z.object({ url: z.url(), token: z.string().min(1) });
export type ServerContext = z.infer<typeof ServerContext>;

export function contextPath(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return join(base, 'cyclone', 'context.json');
}

/** Flags win over CYCLONE_URL and CYCLONE_TOKEN, which win over what `cyclone login` stored. */
export async function resolveContext(
  flags: { readonly url?: string; readonly token?: string },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ServerContext> {
  const stored = await readStored(contextPath(environment));
  const url = flags.url ?? environment['CYCLONE_URL'] ?? stored?.url;
  const token = flags.token ?? environment['CYCLONE_TOKEN'] ?? stored?.token;
  if (url === undefined || token === undefined) {
    throw new CommandFailure(
      `no ${url === undefined ? 'server' : 'token'} is known`,
      exitCodes.usage,
      'run "cyclone login --url URL --token TOKEN" once, or set CYCLONE_URL and CYCLONE_TOKEN',
    );
  }
  const parsed = ServerContext.safeParse({ url: url.replace(/\/+$/, ''), token });
  if (!parsed.success) throw new CommandFailure(`${url} is not the address of a server`, exitCodes.usage);
  return parsed.data;
}

export async function storeContext(
  context: ServerContext,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const path = contextPath(environment);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(context, null, 2)}\n`, { mode: 0o600 });
  return path;
}

async function readStored(path: string): Promise<ServerContext | undefined> {
  try {
    return ServerContext.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Absent or damaged: the same to somebody who is about to be told how to log in.
    return undefined;
  }
}
