import { posix } from 'node:path';
import type { Limits } from '@cyclone/contracts';
import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { WorkspaceHandle } from '../workspace.js';

/** Where a container finds its network. */
export type NetworkPlace =
  | { readonly kind: 'none' }
  /** Only for reading a repository from a host that an administrator allowed on the runner's own machine. */
  | { readonly kind: 'host' }
  | { readonly kind: 'join'; readonly container: string }
  | { readonly kind: 'network'; readonly name: string; readonly aliases?: readonly string[] };

export interface ContainerDraft {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  readonly network: NetworkPlace;
  readonly trust: 'trusted' | 'untrusted';
  readonly limits: Limits;
  readonly workspace?: { readonly handle: WorkspaceHandle; readonly path: string };
  /** A repository on the runner's machine, which an administrator allowed; always read-only. */
  readonly readOnlyFolder?: { readonly source: string; readonly target: string };
  readonly extraHosts: readonly { readonly host: string; readonly address: string }[];
  readonly dns: readonly string[];
}

export interface ContainerCeilings {
  readonly memoryBytes: number;
  readonly pids: number;
  /** The engine keeps this much of a log, for runners that come back. */
  readonly logBytes: number;
}

/** Raw sockets forge packets on a shared bridge; device nodes reach the host's disks. */
const droppedAlways = ['NET_RAW', 'MKNOD'];

const nanosPerMilli = 1_000_000;

/**
 * The one place where a container's rights are written down. Only fields named here exist: nothing of a pipeline file is
 * ever passed through, so that no file can ask for privileges, devices, other binds or foreign namespaces.
 */
export const containerSpec = (draft: ContainerDraft, ceilings: ContainerCeilings): ContainerCreateOptions => ({
  name: draft.name,
  Image: draft.image,
  Labels: { ...draft.labels },
  Env: Object.entries(draft.environment).map(([name, value]) => `${name}=${value}`),
  ...(draft.entrypoint === undefined ? {} : { Entrypoint: [...draft.entrypoint] }),
  ...(draft.command === undefined ? {} : { Cmd: [...draft.command] }),
  ...(draft.workingDir === undefined ? {} : { WorkingDir: draft.workingDir }),
  ...(draft.user === undefined ? {} : { User: draft.user }),
  AttachStdin: false,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: false,
  Tty: false,
  HostConfig: hostConfig(draft, ceilings),
  ...endpoints(draft.network),
});

const hostConfig = (draft: ContainerDraft, ceilings: ContainerCeilings): HostConfig => {
  const memory = Math.min(draft.limits.memoryBytes ?? ceilings.memoryBytes, ceilings.memoryBytes);
  return {
    NetworkMode: networkMode(draft.network),
    Mounts: mounts(draft),
    Init: true,
    AutoRemove: false,
    Privileged: false,
    CapDrop: draft.trust === 'untrusted' ? ['ALL'] : [...droppedAlways],
    SecurityOpt: ['no-new-privileges'],
    Memory: memory,
    // The same as memory: no swap on top of it.
    MemorySwap: memory,
    ...(draft.limits.cpuMillis === undefined ? {} : { NanoCpus: draft.limits.cpuMillis * nanosPerMilli }),
    PidsLimit: ceilings.pids,
    RestartPolicy: { Name: 'no' },
    ...(draft.network.kind === 'network' && draft.extraHosts.length > 0
      ? { ExtraHosts: draft.extraHosts.map(({ host, address }) => `${host}:${address}`) }
      : {}),
    ...(draft.network.kind === 'network' && draft.dns.length > 0 ? { Dns: [...draft.dns] } : {}),
    // `local` keeps bytes as they are (json-file does not), and costs least.
    LogConfig: { Type: 'local', Config: { 'max-size': String(ceilings.logBytes), 'max-file': '2', compress: 'false' } },
  };
};

const mounts = ({ workspace, readOnlyFolder }: ContainerDraft): NonNullable<HostConfig['Mounts']> => [
  ...(workspace?.handle.kind === 'volume'
    ? [{ Type: 'volume' as const, Source: workspace.handle.name, Target: workspace.path, ReadOnly: false }]
    : []),
  ...(workspace?.handle.kind === 'directory'
    ? [{ Type: 'bind' as const, Source: workspace.handle.path, Target: workspace.path, ReadOnly: false }]
    : []),
  ...(readOnlyFolder === undefined
    ? []
    : [{ Type: 'bind' as const, Source: readOnlyFolder.source, Target: readOnlyFolder.target, ReadOnly: true }]),
];

const networkMode = (network: NetworkPlace): string => {
  switch (network.kind) {
    case 'none':
    case 'host':
      return network.kind;
    case 'join':
      return `container:${network.container}`;
    case 'network':
      return network.name;
  }
};

const endpoints = (network: NetworkPlace): Pick<ContainerCreateOptions, 'NetworkingConfig'> =>
  network.kind === 'network' && network.aliases !== undefined
    ? { NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: [...network.aliases] } } } }
    : {};

/** A step's folder: absolute, or below the workspace. */
export const workingDirIn = (workspacePath: string, workingDir: string | undefined): string =>
  posix.resolve(workspacePath, workingDir ?? '.');
