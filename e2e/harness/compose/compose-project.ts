import { execFile } from 'node:child_process';
import { ensurePart } from '@cyclone/local-servers';
import type Docker from 'dockerode';

export interface ComposeProject extends AsyncDisposable {
  readonly name: string;
  /** Runs compose in the project and gives what it printed; fails with what it said. */
  compose(...args: readonly string[]): Promise<string>;
  /** State and health by service, as the engine sees them. */
  services(): Promise<ReadonlyMap<string, ServiceState>>;
  /** Names of everything on the engine that carries the project's label. */
  leftovers(): Promise<readonly string[]>;
  /** Stops everything, takes the volumes along. May be called twice. */
  down(): Promise<void>;
}

export interface ServiceState {
  readonly id: string;
  readonly status: string;
  readonly exitCode: number;
  /** Undefined where a service has no health check. */
  readonly health: string | undefined;
}

export interface ComposeOptions {
  readonly docker: Docker;
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const commandTimeoutMs = 10 * 60_000;
const outputBytesMax = 64 * 1024 * 1024;
const projectLabel = 'com.docker.compose.project';
const serviceLabel = 'com.docker.compose.service';

/** A compose file under a project name of its own, so that several stand beside each other. */
export async function openComposeProject(options: ComposeOptions): Promise<ComposeProject> {
  const { docker, name } = options;
  const { program } = await ensurePart('docker-compose');
  const compose = (...args: readonly string[]) => runCompose(program, options, args);
  const filters = { label: [`${projectLabel}=${name}`] };
  const down = async (): Promise<void> => {
    await compose('down', '--volumes', '--remove-orphans', '--timeout', '20');
  };
  return {
    name,
    compose,
    down,
    [Symbol.asyncDispose]: down,
    services: async () => {
      const containers = await docker.listContainers({ all: true, filters });
      const states = containers.map(async ({ Id, Labels }): Promise<[string, ServiceState]> => {
        const { State } = await docker.getContainer(Id).inspect();
        const health = State.Health?.Status;
        return [Labels[serviceLabel] ?? Id, { id: Id, status: State.Status, exitCode: State.ExitCode, health }];
      });
      return new Map(await Promise.all(states));
    },
    leftovers: async () => {
      const [containers, networks, { Volumes }] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listVolumes({ filters }),
      ]);
      return [
        ...containers.flatMap(({ Names }) => Names),
        ...networks.map(({ Name }) => Name),
        ...Volumes.map((volume) => volume.Name),
      ];
    },
  };
}

function runCompose(program: string, options: ComposeOptions, args: readonly string[]): Promise<string> {
  const files = options.files.flatMap((file) => ['--file', file]);
  const all = ['--project-name', options.name, ...files, ...args];
  return new Promise((resolve, reject) => {
    const settings = {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      timeout: commandTimeoutMs,
      maxBuffer: outputBytesMax,
    };
    execFile(program, all, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-40).join('\n');
      reject(new Error(`docker-compose ${args.join(' ')} failed:\n${said}`));
    });
  });
}
