import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { startSupervised } from '../process/supervised-process.js';
import { tcpGreeting } from '../process/tcp-greeting.js';
import { waitUntilReady } from '../process/wait-until-ready.js';
import { localServer, onFreePort, START_TIMEOUT_MS } from './local-server.js';
import type { LocalServer, ServerOptions } from './local-server.js';

export interface NatsServerOptions extends ServerOptions {
  /** Text in nats-server's own configuration language: accounts, users, permissions, limits. */
  readonly config?: string;
}

/** Starts nats-server with JetStream on this machine's loopback interface. */
export function startNatsServer(options: NatsServerOptions, ensure: EnsureOptions = {}): Promise<LocalServer> {
  return onFreePort(options.port, async (port) => {
    const { program } = await ensurePart('nats-server', ensure);
    await mkdir(options.dataDir, { recursive: true });
    const configFile = join(options.dataDir, 'nats-server.conf');
    const serverName = `cyclone-${randomUUID()}`;
    await writeFile(configFile, natsConfig(options, port, serverName), { mode: 0o600 });
    const server = await startSupervised({
      name: 'nats-server',
      program,
      args: ['--config', configFile],
      logFile: options.logFile ?? join(options.dataDir, 'nats-server.log'),
      outlivesParent: options.outlivesParent,
    });
    const isReady = async () => (await tcpGreeting(port)).includes(serverName);
    await waitUntilReady(server, isReady, options.startTimeoutMs ?? START_TIMEOUT_MS);
    return localServer(`nats://127.0.0.1:${port}`, port, server);
  });
}

/** Strings are JSON, which this configuration language reads; passwords may hold any character. */
function natsConfig(options: NatsServerOptions, port: number, serverName: string): string {
  return [
    `server_name: "${serverName}"`,
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${JSON.stringify(join(options.dataDir, 'jetstream'))} }`,
    options.config ?? '',
    '',
  ].join('\n');
}
