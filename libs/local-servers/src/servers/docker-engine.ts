import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { announceOnStderr } from '../announce.js';
import { readEnvironment } from '../environment.js';
import type { Environment } from '../environment.js';
import { catalogue } from '../parts/catalogue.js';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { findPart } from '../parts/find-part.js';
import { describeMachine } from '../parts/machine.js';
import { MissingPartError } from '../parts/missing-part-error.js';
import { errorCode, errorMessage } from '../process/error-facts.js';
import { withOwnerLock } from '../process/owner-lock.js';
import { formatIdentity, identifyProcess } from '../process/process-identity.js';
import { startSupervised } from '../process/supervised-process.js';
import { waitUntilReady } from '../process/wait-until-ready.js';
import { dockerOptions } from './docker-endpoint.js';

export interface DockerEngine {
  /** As in DOCKER_HOST: `unix:///var/run/docker.sock`, `tcp://host:port`. */
  readonly endpoint: string;
  readonly version: string;
}

export interface EngineSearch {
  readonly engine: DockerEngine | undefined;
  /** Why places that looked like an engine are none: no permission, no answer. */
  readonly problems: readonly string[];
}

const SYSTEM_SOCKET = '/var/run/docker.sock';
const ANSWER_TIMEOUT_MS = 5_000;
const START_TIMEOUT_MS = 60_000;

export function openDocker(engine: DockerEngine): Docker {
  return new Docker(dockerOptions(engine.endpoint));
}

/** The engine that answers: the one DOCKER_HOST names and no other; else this machine's usual sockets. */
export async function findDockerEngine(environment: Environment = readEnvironment()): Promise<EngineSearch> {
  const problems: string[] = [];
  for (const endpoint of endpoints(environment)) {
    try {
      const docker = new Docker({ ...dockerOptions(endpoint), timeout: ANSWER_TIMEOUT_MS });
      const { Version } = await docker.version();
      return { engine: { endpoint, version: Version }, problems };
    } catch (error) {
      const problem = describeProblem(endpoint, error);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return { engine: undefined, problems };
}

function endpoints({ dockerHost, runtimeDir, homeDir }: Environment): string[] {
  if (dockerHost !== undefined) return [dockerHost];
  const sockets = [SYSTEM_SOCKET, join(homeDir, '.docker', 'run', 'docker.sock')];
  if (runtimeDir !== undefined) sockets.push(join(runtimeDir, 'docker.sock'));
  return sockets.map((socket) => `unix://${socket}`);
}

function describeProblem(endpoint: string, error: unknown): string | undefined {
  const code = errorCode(error);
  if (code === 'ENOENT') return undefined;
  if (code === 'EACCES') {
    return `${endpoint}: no permission (sudo usermod -aG docker "$USER", then log in again)`;
  }
  return `${endpoint}: ${errorMessage(error)}`;
}

/**
 * The engine that answers, else one that this starts: dockerd, installed before where it is missing and may
 * be. It goes on running after this process, since later runs want it too; log and process id are in the
 * state folder.
 */
export async function ensureDockerEngine(options: EnsureOptions = {}): Promise<DockerEngine> {
  const environment = options.environment ?? readEnvironment();
  const found = await findDockerEngine(environment);
  if (found.engine !== undefined) return found.engine;
  const machine = await describeMachine();
  if (environment.dockerHost !== undefined || !machine.isRoot || machine.platform !== 'linux') {
    throw new MissingPartError(catalogue.dockerd, machine, whyNotStarted(environment, found.problems));
  }
  const lockFile = join(environment.stateDir, 'docker-engine', 'start.lock');
  return await withOwnerLock(lockFile, { timeoutMs: 10 * START_TIMEOUT_MS }, async () => {
    const meanwhile = await findDockerEngine(environment);
    return meanwhile.engine ?? (await installAndStart(options, environment));
  });
}

function whyNotStarted(environment: Environment, problems: readonly string[]): readonly string[] {
  if (problems.length > 0) return problems;
  const where = environment.dockerHost ?? SYSTEM_SOCKET;
  return [`no engine answers at ${where}, and only root on Linux can start one`];
}

async function installAndStart(options: EnsureOptions, environment: Environment): Promise<DockerEngine> {
  const installedBefore = await findPart(catalogue.dockerd, environment);
  const part = installedBefore ?? (await ensurePart('dockerd', options));
  // Where an init system runs, the package has started the engine already.
  const afterInstall = await findDockerEngine(environment);
  if (afterInstall.engine !== undefined) return afterInstall.engine;
  return await startDockerd(part.program, options, environment);
}

async function startDockerd(program: string, options: EnsureOptions, environment: Environment): Promise<DockerEngine> {
  const announce = options.announce ?? announceOnStderr;
  const stateDir = join(environment.stateDir, 'docker-engine');
  await mkdir(stateDir, { recursive: true });
  const logFile = join(stateDir, 'dockerd.log');
  announce(`Starting the Docker Engine, which goes on running (log: ${logFile})`);
  const endpoint = `unix://${SYSTEM_SOCKET}`;
  const args = ['--host', endpoint];
  const server = await startSupervised({ name: 'dockerd', program, args, logFile, outlivesParent: true });
  let version = '';
  const isReady = async () => {
    version = (await findDockerEngine(environment)).engine?.version ?? '';
    return version !== '';
  };
  await waitUntilReady(server, isReady, START_TIMEOUT_MS);
  const identity = await identifyProcess(server.pid);
  if (identity !== undefined) await writeFile(join(stateDir, 'dockerd.pid'), formatIdentity(identity));
  return { endpoint, version };
}
