import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { startSupervised } from '../process/supervised-process.js';
import type { SupervisedProcess } from '../process/supervised-process.js';
import { tcpAccepts } from '../process/tcp-greeting.js';
import { waitUntilReady } from '../process/wait-until-ready.js';
import { localServer, onFreePort, START_TIMEOUT_MS } from './local-server.js';
import type { LocalServer, ServerOptions } from './local-server.js';

export interface MongodOptions extends ServerOptions {
  /** Kept small by default: several of them live on a developer's machine. */
  readonly cacheGigabytes?: number;
}

const REPLICA_SET = 'cyclone';
const NOT_YET_INITIALIZED = 94;

/** Starts a one-node replica set; it is primary, so transactions and majority writes work, when this resolves. */
export function startMongod(options: MongodOptions, ensure: EnsureOptions = {}): Promise<LocalServer> {
  return onFreePort(options.port, async (port) => {
    const { program } = await ensurePart('mongod', ensure);
    await mkdir(options.dataDir, { recursive: true });
    const server = await startSupervised({
      name: 'mongod',
      program,
      args: mongodArguments(options, port),
      logFile: options.logFile ?? join(options.dataDir, 'mongod.log'),
      outlivesParent: options.outlivesParent,
    });
    await makePrimary(server, port, options.startTimeoutMs ?? START_TIMEOUT_MS);
    return localServer(`mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}`, port, server);
  });
}

function mongodArguments(options: MongodOptions, port: number): string[] {
  return [
    ...['--replSet', REPLICA_SET, '--dbpath', options.dataDir],
    ...['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
    ...['--wiredTigerCacheSizeGB', String(options.cacheGigabytes ?? 0.25), '--oplogSize', '256'],
    // One node has no secondaries whose reads a slow shutdown would spare.
    ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false', '--quiet'],
  ];
}

async function makePrimary(server: SupervisedProcess, port: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: timeoutMs,
  });
  try {
    // Only then the driver: one that met a closed port does not come round quickly.
    await waitUntilReady(server, () => tcpAccepts(port), timeoutMs);
    await waitUntilReady(server, () => isProcess(client, server.pid), timeoutMs);
    await configureReplicaSet(client, port);
    await waitUntilReady(server, () => isPrimary(client), Math.max(deadline - Date.now(), 1));
  } catch (error) {
    await server.kill9();
    throw error;
  } finally {
    await client.close();
  }
}

async function isProcess(client: MongoClient, pid: number): Promise<boolean> {
  const status = await client.db('admin').command({ serverStatus: 1 });
  return Number(status.pid) === pid;
}

async function isPrimary(client: MongoClient): Promise<boolean> {
  const answer = await client.db('admin').command({ hello: 1 });
  return answer.isWritablePrimary === true;
}

/** A data folder that was used on another port names that port in its configuration: it is moved along. */
async function configureReplicaSet(client: MongoClient, port: number): Promise<void> {
  const admin = client.db('admin');
  const host = `127.0.0.1:${port}`;
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members[0]?.host === host) return;
    const moved = { ...config, version: config.version + 1, members: [{ _id: 0, host }] };
    await admin.command({ replSetReconfig: moved, force: true });
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NOT_YET_INITIALIZED) throw error;
    const config = { _id: REPLICA_SET, members: [{ _id: 0, host }], settings: { electionTimeoutMillis: 500 } };
    await admin.command({ replSetInitiate: config });
  }
}
