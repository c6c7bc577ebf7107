import { homedir } from 'node:os';
import { join } from 'node:path';

export interface ServerUrls {
  readonly mongod?: string;
  readonly 'nats-server'?: string;
  readonly 'redis-server'?: string;
  readonly 'docker-registry'?: string;
}

/** What the environment decides about servers of this machine; read here and nowhere else. */
export interface Environment {
  /** Programs we fetched ourselves, one versioned folder each; safe to delete at any time. */
  readonly toolsDir: string;
  /** What must outlive a run: logs and process ids of servers that go on running. */
  readonly stateDir: string;
  /** False when the user said that nothing may be installed. */
  readonly mayInstall: boolean;
  readonly path: readonly string[];
  /** Servers that run already and shall be used; the caller starts its own where none is named. */
  readonly serverUrls: ServerUrls;
  readonly dockerHost: string | undefined;
  readonly runtimeDir: string | undefined;
  readonly homeDir: string;
}

/** System administrators' folders are searched too: dockerd lives there and a user's PATH often lacks them. */
const ADMIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const homeDir = variables.HOME ?? homedir();
  const cacheDir = variables.XDG_CACHE_HOME ?? join(homeDir, '.cache');
  const stateHome = variables.XDG_STATE_HOME ?? join(homeDir, '.local', 'state');
  const path = (variables.PATH ?? '').split(':').filter((folder) => folder !== '');
  return {
    toolsDir: variables.CYCLONE_TOOLS_DIR ?? join(cacheDir, 'cyclone', 'tools'),
    stateDir: variables.CYCLONE_STATE_DIR ?? join(stateHome, 'cyclone'),
    mayInstall: !isSet(variables.CYCLONE_NO_INSTALL),
    path: [...new Set([...path, ...ADMIN_FOLDERS])],
    serverUrls: {
      mongod: valueOf(variables.CYCLONE_MONGO_URL),
      'nats-server': valueOf(variables.CYCLONE_NATS_URL),
      'redis-server': valueOf(variables.CYCLONE_REDIS_URL),
      'docker-registry': valueOf(variables.CYCLONE_REGISTRY_URL),
    },
    dockerHost: valueOf(variables.DOCKER_HOST),
    runtimeDir: variables.XDG_RUNTIME_DIR,
    homeDir,
  };
}

/** An empty variable is how a shell says that there is none. */
function valueOf(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
