import { randomUUID } from 'node:crypto';
import { testDocker } from '@cyclone/testing/servers';
import type Docker from 'dockerode';
import { dockerExecutorDefaults, type DockerExecutorConfig } from '../docker/docker-config.js';
import { DockerExecutor } from '../docker/docker.executor.js';
import { ofRunner } from '../docker/labels.js';

export interface TestExecutor {
  readonly docker: Docker;
  readonly executor: DockerExecutor;
  readonly runner: string;
  /** Everything of this runner that is left in the engine, by name. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

/** An executor with a name of its own on the machine's engine; closing takes away all that it made. */
export const openTestExecutor = async (
  config: Partial<DockerExecutorConfig> = {},
  endpoint?: Docker,
): Promise<TestExecutor> => {
  const docker = endpoint ?? (await testDocker()).docker;
  const runner = config.runner ?? `test-${randomUUID().slice(0, 8)}`;
  const executor = new DockerExecutor(docker, { ...dockerExecutorDefaults, ...config, runner });
  const filters = { label: [ofRunner(runner)] };
  return {
    docker,
    executor,
    runner,
    leftovers: async () => {
      const [containers, networks, volumes] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listNetworks({ filters }),
        docker.listVolumes({ filters }),
      ]);
      return [
        ...containers.flatMap(({ Names }) => Names),
        ...networks.map(({ Name }) => Name),
        ...(volumes.Volumes ?? []).map(({ Name }) => Name),
      ];
    },
    close: async () => {
      await executor.close();
      await executor.sweep(new Set());
    },
  };
};
