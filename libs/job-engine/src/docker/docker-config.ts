import type { SourcePolicy } from '../source-policy.js';
import type { ContainerCeilings } from './container-spec.js';
import type { SubnetPool } from './subnets.js';

export interface DockerExecutorConfig {
  /** Whose things these are: several runners may share an engine. */
  readonly runner: string;
  /** Ready network namespaces; 0 for a single use. */
  readonly poolSize: number;
  /** Has `sh` and `git`. */
  readonly gitImage: string;
  readonly sourcePolicy: SourcePolicy;
  readonly subnets: SubnetPool;
  readonly ceilings: ContainerCeilings;
  /** For trouble that concerns no step. */
  readonly warn: (message: string, error: unknown) => void;
}

const mebi = 1024 * 1024;

export const dockerExecutorDefaults: Omit<DockerExecutorConfig, 'runner'> = {
  poolSize: 0,
  gitImage: 'cyclone/git:local',
  sourcePolicy: { allowedHosts: [], allowedFolders: [] },
  subnets: { base: '10.213.0.0', prefix: 16 },
  // Two log files: a runner that comes back finds at least as much as a step may store.
  ceilings: { memoryBytes: 8 * 1024 * mebi, pids: 4096, logBytes: 80 * mebi },
  warn: () => undefined,
};
