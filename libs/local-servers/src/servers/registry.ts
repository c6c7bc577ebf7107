import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { startSupervised } from '../process/supervised-process.js';
import { waitUntilReady } from '../process/wait-until-ready.js';
import { localServer, onFreePort, START_TIMEOUT_MS } from './local-server.js';
import type { LocalServer, ServerOptions } from './local-server.js';

export interface RegistryOptions extends ServerOptions {
  /** Without them everybody on this machine may push. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface LocalRegistry extends LocalServer {
  /** The first part of an image's name: `127.0.0.1:5000`. */
  readonly host: string;
}

/** The registry compares a hash for each request; a password made at random needs no slow one. */
const BCRYPT_ROUNDS = 5;

/** Tells this registry from another that took the port. */
const INSTANCE_HEADER = 'X-Cyclone-Instance';

/** Starts an image registry; a Docker Engine of this machine trusts it without TLS, being on loopback. */
export function startRegistry(options: RegistryOptions, ensure: EnsureOptions = {}): Promise<LocalRegistry> {
  return onFreePort(options.port, async (port) => {
    const { program } = await ensurePart('docker-registry', ensure);
    await mkdir(options.dataDir, { recursive: true });
    const configFile = join(options.dataDir, 'registry.yaml');
    const instance = randomUUID();
    await writeFile(configFile, await registryConfig(options, port, instance), { mode: 0o600 });
    const server = await startSupervised({
      name: 'docker-registry',
      program,
      args: ['serve', configFile],
      logFile: options.logFile ?? join(options.dataDir, 'registry.log'),
      outlivesParent: options.outlivesParent,
      // It would read settings from variables of this prefix.
      environment: withoutPrefix(process.env, 'REGISTRY_'),
    });
    const host = `127.0.0.1:${port}`;
    await waitUntilReady(server, () => answers(host, instance), options.startTimeoutMs ?? START_TIMEOUT_MS);
    return { ...localServer(`http://${host}`, port, server), host };
  });
}

async function answers(host: string, instance: string): Promise<boolean> {
  const { headers } = await fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(2_000) });
  return headers.get(INSTANCE_HEADER) === instance;
}

/** JSON is YAML. */
async function registryConfig(options: RegistryOptions, port: number, instance: string): Promise<string> {
  const { credentials, dataDir } = options;
  const config = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dataDir, 'images') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: randomBytes(16).toString('hex'),
      headers: { [INSTANCE_HEADER]: [instance] },
    },
  };
  if (credentials === undefined) return JSON.stringify(config);
  const path = join(dataDir, 'htpasswd');
  const line = `${credentials.username}:${await hash(credentials.password, BCRYPT_ROUNDS)}\n`;
  await writeFile(path, line, { mode: 0o600 });
  return JSON.stringify({ ...config, auth: { htpasswd: { realm: 'cyclone', path } } });
}

function withoutPrefix(variables: NodeJS.ProcessEnv, prefix: string): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith(prefix)));
}
