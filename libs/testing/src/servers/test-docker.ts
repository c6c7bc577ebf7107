import { ensureDockerEngine, openDocker } from '@cyclone/local-servers';
import type { DockerEngine } from '@cyclone/local-servers';
import type Docker from 'dockerode';

export interface TestDocker {
  readonly docker: Docker;
  readonly engine: DockerEngine;
}

/** The machine's Docker Engine, shared by all tests: label what you make and remove it yourself. */
export async function testDocker(): Promise<TestDocker> {
  const engine = await ensureDockerEngine();
  return { docker: openDocker(engine), engine };
}
