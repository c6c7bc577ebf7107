import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { startSupervised } from '../process/supervised-process.js';
import { tcpGreeting } from '../process/tcp-greeting.js';
import { waitUntilReady } from '../process/wait-until-ready.js';
import { localServer, onFreePort, START_TIMEOUT_MS } from './local-server.js';
import type { LocalServer, ServerOptions } from './local-server.js';

export interface RedisServerOptions extends ServerOptions {
  readonly password?: string;
}

/** Starts Redis as the pure cache that it is here: nothing is written to disk. */
export function startRedisServer(options: RedisServerOptions, ensure: EnsureOptions = {}): Promise<LocalServer> {
  return onFreePort(options.port, async (port) => {
    const { program } = await ensurePart('redis-server', ensure);
    await mkdir(options.dataDir, { recursive: true });
    const configFile = join(options.dataDir, 'redis.conf');
    await writeFile(configFile, redisConfig(options, port), { mode: 0o600 });
    const server = await startSupervised({
      name: 'redis-server',
      program,
      args: [configFile],
      logFile: options.logFile ?? join(options.dataDir, 'redis-server.log'),
      outlivesParent: options.outlivesParent,
    });
    const question = options.password === undefined ? 'INFO server\r\n' : askAs(options.password);
    const isReady = async () => (await tcpGreeting(port, question)).includes(`process_id:${server.pid}\r\n`);
    await waitUntilReady(server, isReady, options.startTimeoutMs ?? START_TIMEOUT_MS);
    const credentials = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`;
    return localServer(`redis://${credentials}127.0.0.1:${port}`, port, server);
  });
}

/** One write, so that the answers to both commands come together. */
function askAs(password: string): string {
  const bytes = Buffer.byteLength(password);
  return `*2\r\n$4\r\nAUTH\r\n$${bytes}\r\n${password}\r\nINFO server\r\n`;
}

function redisConfig(options: RedisServerOptions, port: number): string {
  const lines = ['bind 127.0.0.1', `port ${port}`, 'save ""', 'appendonly no', `dir ${quoted(options.dataDir)}`];
  if (options.password !== undefined) lines.push(`requirepass ${quoted(options.password)}`);
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
