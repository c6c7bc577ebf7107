import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDockerEngine, ensureImage, openDocker } from '@cyclone/local-servers';
import type { LogLevel } from '@cyclone/observability';
import { checkpointPathsIn } from '@cyclone/pipeline-svc';
import { checkPortIsFree } from './check-port.js';
import { removeInstallation, writeInstallation } from './installation-file.js';
import { ensureInstallationSecrets, type InstallationSecrets } from './installation-secrets.js';
import { runAsProcesses } from './run-as-processes.js';
import { runInProcess, stopAll, type Variables } from './run-in-process.js';
import { startServers, type Servers } from './servers.js';
import { services } from './services.js';
import type { Supervised } from './supervise.js';

export interface PlatformOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly environment: Variables;
  /** Each service in a process of its own, instead of all in this one. */
  readonly asProcesses: boolean;
  readonly executor: 'docker' | 'scripted';
  readonly slots: number;
  readonly logLevel: LogLevel;
  /** More variables for all services: SMTP, allowed hosts. */
  readonly variables: Variables;
  /** Told what is worth a line: a part that ended and is started again. */
  readonly say: (message: string) => void;
}

export interface Platform {
  readonly url: string;
  /** Only at an installation's first start. */
  readonly firstToken: string | undefined;
  readonly servers: Servers;
  /** Resolves with what happened when a part could not be kept running. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

/** The whole of Cyclone on this machine: the servers that are missing, then every service. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  await checkPortIsFree(options.port);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const secrets = await ensureInstallationSecrets(join(options.dataDir, 'secrets.json'));
  const [servers, dockerHost] = await Promise.all([
    startServers({ dataDir: options.dataDir, secrets, environment: options.environment, say: options.say }),
    options.executor === 'docker' ? prepareEngine() : undefined,
  ]);
  const tokenFile = join(options.dataDir, 'first-token');
  const variables = variablesFor(options, secrets, servers, { tokenFile, dockerHost });
  try {
    const started = await startServices(options, variables);
    const supervised = [...servers.supervised, ...started.supervised];
    const tellPids = (): Promise<void> => writePids(join(options.dataDir, 'processes.json'), supervised);
    await tellPids();
    const url = `http://127.0.0.1:${options.port}`;
    await writeInstallation(options.dataDir, {
      url,
      mongo: { url: servers.mongoUrl, database: databaseOf(options) },
      checkpoints: checkpointsOf(options),
    });
    for (const part of supervised)
      part.onRestart(() => void tellPids().catch((error: Error) => options.say(`processes.json: ${error.message}`)));
    return {
      url,
      firstToken: await takeFirstToken(tokenFile),
      servers,
      broken: Promise.race(supervised.map(({ gaveUp }) => gaveUp)),
      async stop() {
        await removeInstallation(options.dataDir);
        await started.stop();
        await servers.stop();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/** The engine that answers, with the image that repositories are cloned in: without it no build gets past its first step. */
async function prepareEngine(): Promise<string> {
  const engine = await ensureDockerEngine();
  await ensureImage(openDocker(engine), 'git');
  return engine.endpoint;
}

interface StartedServices {
  readonly supervised: readonly Supervised[];
  stop(): Promise<void>;
}

async function startServices(
  options: PlatformOptions,
  variablesOf: (name: string) => Variables,
): Promise<StartedServices> {
  if (!options.asProcesses) {
    const running = await runInProcess(services, variablesOf, options.logLevel);
    return { supervised: [], stop: () => stopAll(running) };
  }
  const supervised = await runAsProcesses(services, variablesOf, {
    logDir: join(options.dataDir, 'logs'),
    say: options.say,
  });
  return { supervised, stop: async () => void (await Promise.all(supervised.map((service) => service.stop()))) };
}

/** For people and tests that want to look at one part: which process is which. Whole at every moment. */
async function writePids(path: string, supervised: readonly Supervised[]): Promise<void> {
  const pids = Object.fromEntries(supervised.map(({ name, pid }) => [name, pid()]));
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(pids, null, 2)}\n`);
  await rename(draft, path);
}

/** What each service finds in its environment; the services' own schemas say what the names mean. */
function variablesFor(
  options: PlatformOptions,
  secrets: InstallationSecrets,
  servers: Servers,
  made: { readonly tokenFile: string; readonly dockerHost: string | undefined },
): (service: string) => Variables {
  const shared: Variables = {
    CYCLONE_NATS_URL: servers.natsUrl,
    CYCLONE_LOG_LEVEL: options.logLevel,
    CYCLONE_PUBLIC_URL: `http://127.0.0.1:${options.port}`,
    ...options.variables,
  };
  const store: Variables = {
    CYCLONE_MONGO_URL: servers.mongoUrl,
    CYCLONE_MONGO_DATABASE: databaseOf(options),
    CYCLONE_NATS_USER: 'control',
    CYCLONE_NATS_PASSWORD: secrets.nats.control,
  };
  // A service gets what it needs: the runner, which is nearest to other people's code, knows neither store nor keys.
  const own: Readonly<Record<string, Variables>> = {
    gateway: { ...store, CYCLONE_GATEWAY_PORT: String(options.port), CYCLONE_FIRST_TOKEN_FILE: made.tokenFile },
    'pipeline-svc': {
      ...store,
      CYCLONE_MASTER_KEY: secrets.masterKey,
      ...checkpointVariables(options.environment),
    },
    'runner-svc': {
      CYCLONE_NATS_USER: 'runner',
      CYCLONE_NATS_PASSWORD: secrets.nats.runner,
      CYCLONE_RUNNER_EXECUTOR: options.executor,
      CYCLONE_RUNNER_SLOTS: String(options.slots),
      DOCKER_HOST: made.dockerHost,
    },
  };
  // For fault tests, which write a file for each service: it is read whenever the service starts.
  const failpoints = options.environment['CYCLONE_FAILPOINT_FOLDER'];
  return (service) => ({
    ...shared,
    ...(own[service] ?? store),
    CYCLONE_DATA_DIR: join(options.dataDir, service),
    CYCLONE_FAILPOINT_FILE: failpoints === undefined ? undefined : join(failpoints, service),
  });
}

const databaseOf = ({ environment }: PlatformOptions): string => environment['CYCLONE_MONGO_DATABASE'] ?? 'cyclone';

const checkpointsOf = ({ dataDir, environment }: PlatformOptions) =>
  checkpointPathsIn(join(dataDir, 'pipeline-svc'), {
    keyFile: environment['CYCLONE_CHECKPOINT_KEY_FILE'],
    linesFile: environment['CYCLONE_CHECKPOINT_FILE'],
  });

const checkpointVariables = (environment: Variables): Variables =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('CYCLONE_CHECKPOINT_')));

/** The gateway leaves it once; it is shown and taken away. */
async function takeFirstToken(path: string): Promise<string | undefined> {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    await rm(path);
    return token;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
