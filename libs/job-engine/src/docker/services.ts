import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedService } from '@cyclone/contracts';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import { ExecutorError } from '../errors.js';
import type { ServiceLaunch } from '../executor.js';
import { containerSpec, type ContainerCeilings, type ContainerDraft } from './container-spec.js';
import { ignoreGone, isConflict, startError } from './docker-errors.js';
import { LogDemux } from './log-demux.js';
import { isReady } from './readiness.js';

const pauseMsFirst = 20;
const pauseMsMax = 250;
const tailLines = 50;

/** Starts the container of a service, unless it is there already, and waits until it is ready. */
export const startService = async (
  docker: Docker,
  launch: ServiceLaunch,
  draft: ContainerDraft,
  ceilings: ContainerCeilings,
): Promise<void> => {
  const { service, output, signal } = launch;
  const container = await createOrFind(docker, draft, ceilings, service);
  try {
    signal.throwIfAborted();
    await container.start().catch(ignoreGone);
  } catch (error) {
    throw startError(`Service "${service.name}"`, error);
  }
  try {
    await awaitReady(docker, container, service, signal);
  } catch (error) {
    if (error instanceof ExecutorError)
      output.note(`[cyclone] the last lines of service "${service.name}":\n${await tailOf(container)}`);
    throw error;
  }
};

const createOrFind = async (
  docker: Docker,
  draft: ContainerDraft,
  ceilings: ContainerCeilings,
  service: PlannedService,
): Promise<Container> => {
  try {
    return await docker.createContainer(containerSpec(draft, ceilings));
  } catch (error) {
    if (isConflict(error)) return docker.getContainer(draft.name);
    throw startError(`Service "${service.name}"`, error);
  }
};

const awaitReady = async (
  docker: Docker,
  container: Container,
  service: PlannedService,
  signal: AbortSignal,
): Promise<void> => {
  const readiness = service.readiness;
  const until = Date.now() + (readiness?.timeoutMs ?? 0);
  for (let pauseMs = pauseMsFirst; ; pauseMs = Math.min(pauseMsMax, pauseMs * 1.5)) {
    signal.throwIfAborted();
    const { State: state, NetworkSettings: network } = await container.inspect();
    if (!state.Running) {
      throw new ExecutorError(
        'service-failed',
        `Service "${service.name}" ended with exit code ${state.ExitCode}${state.OOMKilled ? ' (out of memory)' : ''} before it was ready.`,
      );
    }
    const address = Object.values(network.Networks)[0]?.IPAddress ?? '';
    if (readiness === undefined || (await isReady(docker, container, address, readiness))) return;
    if (Date.now() >= until)
      throw new ExecutorError(
        'service-not-ready',
        `Service "${service.name}" was not ready within ${readiness.timeoutMs} ms.`,
      );
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
};

const tailOf = async (container: Container): Promise<string> => {
  try {
    const log = await container.logs({ stdout: true, stderr: true, tail: tailLines, follow: false });
    return [...new LogDemux().push(log)]
      .map(({ bytes }) => bytes.toString())
      .join('')
      .trimEnd();
  } catch {
    return '(its log cannot be read)';
  }
};
