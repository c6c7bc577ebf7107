import { ScriptedExecutor, ScriptedImageBuilder } from '@cyclone/job-engine/scripted';
import { DockerExecutor, DockerImageBuilder, dockerExecutorDefaults, openDocker } from '@cyclone/job-engine/docker';
import type { Executor, ImageBuilder } from '@cyclone/job-engine';
import type { RunnerId } from '@cyclone/contracts';
import { connectNats, JetStreamConsumer, JetStreamPublisher, NatsSignals } from '@cyclone/messaging/jetstream';
import { createAskClient } from '@cyclone/messaging/nest';
import type { Logger } from '@cyclone/observability';
import { defineService, failpointOf, type RunningService, type ServiceContext } from '@cyclone/service-host';
import { runnerConfigSchema, type RunnerConfig } from './config.js';
import { Runner } from './runner.js';
import { loadRunnerId } from './runner-identity.js';
import { runnerVersion } from './version.js';

const name = 'runner-svc';

interface Engine {
  readonly executor: Executor;
  readonly images: ImageBuilder;
  /** `ok`, or what is wrong. */
  readonly check: () => Promise<string>;
}

const openEngine = (config: RunnerConfig, runnerId: RunnerId, logger: Logger): Engine => {
  if (config.executor === 'scripted')
    return { executor: new ScriptedExecutor(), images: new ScriptedImageBuilder(), check: async () => 'ok' };
  const docker = openDocker(config.docker);
  const executor = new DockerExecutor(docker, {
    ...dockerExecutorDefaults,
    runner: runnerId,
    poolSize: config.slots,
    gitImage: config.gitImage,
    sourcePolicy: config.sourcePolicy,
    warn: (message, error) => logger.warn(message, { error }),
  });
  executor.warmUp();
  const check = (): Promise<string> =>
    docker.ping().then(
      () => 'ok',
      (error: unknown) => `the Docker Engine does not answer: ${String(error)}`,
    );
  return { executor, images: new DockerImageBuilder(docker, runnerId), check };
};

const start = async (config: RunnerConfig, { logger, signal }: ServiceContext): Promise<RunningService> => {
  const runnerId = await loadRunnerId(config.dataDir);
  const link = await connectNats({ ...config.nats, name, logger, signal });
  const publisher = new JetStreamPublisher({ link });
  const engine = openEngine(config, runnerId, logger);
  const runner = new Runner({
    identity: {
      runnerId,
      name: config.name,
      pool: config.pool,
      labels: config.labels,
      slots: config.slots,
      version: runnerVersion,
    },
    dataDir: config.dataDir,
    spoolBytesMax: config.spoolBytesMax,
    executor: engine.executor,
    images: engine.images,
    asks: createAskClient(link),
    publisher,
    consumer: new JetStreamConsumer({ link, publisher }),
    signals: new NatsSignals(link),
    logger,
    failpoint: failpointOf(config.failpoint),
    now: () => Date.now(),
    isAble: async () => {
      const state = await engine.check();
      return state === 'ok' ? undefined : state;
    },
  });
  await runner.open();
  return {
    name,
    health: async () => {
      const [nats, executor] = await Promise.all([
        link.roundTrip().then(
          () => 'ok',
          (error: unknown) => String(error),
        ),
        engine.check(),
      ]);
      const control = runner.isCutOff ? 'the control plane does not answer' : 'ok';
      const isWell = [nats, executor, control].every((check) => check === 'ok');
      // A runner that is cut off goes on with what it holds: nobody gains by stopping it.
      return { status: isWell ? 'ok' : 'degraded', checks: { nats, executor, control } };
    },
    stop: async () => {
      await runner.close();
      await engine.executor.close();
      await link.close();
    },
  };
};

export const runnerService = defineService({ name, configSchema: runnerConfigSchema, start });
