import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startMongod, startNatsServer, type LocalServer } from '@cyclone/local-servers';
import { natsServerConfig, type NatsUser } from '@cyclone/messaging/jetstream';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { explainFailure } from '../failures.js';
import type { InstallationSecrets } from './installation-secrets.js';
import { supervise, type Runnable, type Supervised } from './supervise.js';

export interface Servers {
  readonly mongoUrl: string;
  readonly natsUrl: string;
  /** Those that were started here. */
  readonly supervised: readonly Supervised[];
  stop(): Promise<void>;
}

/** The servers that an environment variable names are taken as they are; the others are started here, on loopback only. */
export async function startServers(options: {
  readonly dataDir: string;
  readonly secrets: InstallationSecrets;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (message: string) => void;
}): Promise<Servers> {
  const { dataDir, environment, say } = options;
  const supervised: Supervised[] = [];
  const keep = async (name: string, start: (port: number) => Promise<LocalServer>): Promise<string> => {
    // The same port after a restart, so that whoever is connected finds it again.
    const port = await freePort();
    let url = '';
    const server = await supervise(
      name,
      async () => {
        const started = await start(port);
        url = started.url;
        return runnable(started);
      },
      say,
    );
    supervised.push(server);
    return url;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(supervised.map((server) => server.stop()));
  };
  try {
    // One after the other: mongod's lock also keeps a second NATS away from this folder, which knows no lock of its own.
    const mongoUrl = environment['CYCLONE_MONGO_URL'] ?? (await keep('mongod', (port) => startMongo(dataDir, port)));
    const natsUrl =
      environment['CYCLONE_NATS_URL'] ??
      (await keep('nats-server', (port) => startNats(join(dataDir, 'nats'), options.secrets, port)));
    return { mongoUrl, natsUrl, supervised, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const runnable = (server: LocalServer): Runnable => ({
  pid: server.pid,
  ended: server.ended.then(() => `its log is ${server.logFile}`),
  stop: () => server.stop(),
});

/** MongoDB locks its folder, so that it is also the lock of the whole installation. */
async function startMongo(dataDir: string, port: number): Promise<LocalServer> {
  try {
    return await startMongod({ dataDir: join(dataDir, 'mongodb'), port });
  } catch (error) {
    if (!explainFailure(error).includes('DBPathInUse')) throw error;
    const hint = 'Cyclone runs from it already; another installation takes another folder with --data';
    throw new CommandFailure(`${dataDir} is in use`, exitCodes.unreachable, hint);
  }
}

async function startNats(dataDir: string, secrets: InstallationSecrets, port: number): Promise<LocalServer> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return startNatsServer({ dataDir, port, config: natsServerConfig({ users: natsUsers(secrets) }) });
}

/** Each part has an account of its own, with the least rights; `integration` is for programs that follow the events. */
const natsUsers = ({ nats }: InstallationSecrets): readonly NatsUser[] => [
  { role: 'control', user: 'control', password: nats.control },
  { role: 'runner', user: 'runner', password: nats.runner, pool: 'default' },
  { role: 'integration', user: 'integration', password: nats.integration, name: 'integration' },
];
