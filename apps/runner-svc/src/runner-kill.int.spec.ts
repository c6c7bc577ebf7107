import 'reflect-metadata';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BuildId, consumers, pipelineAsks, runnerJobsConsumer, subjects } from '@cyclone/contracts';
import { aStep } from '@cyclone/job-engine/testing';
import { done } from '@cyclone/messaging';
import {
  connectNats,
  createProvisioner,
  JetStreamConsumer,
  JetStreamPublisher,
  NatsSignals,
  type NatsLink,
} from '@cyclone/messaging/jetstream';
import { Answers, RefusalError } from '@cyclone/messaging/nest';
import { silentLogger } from '@cyclone/observability';
import { createNestService } from '@cyclone/service-host';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { testDocker, testNats, type TestDocker, type TestServer } from '@cyclone/testing/servers';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import type { z } from 'zod';
import { anAssignment, ControlPlane } from './testing/control-plane.js';

jest.setTimeout(60_000);
const root = join(import.meta.dirname, '../../..');
const slow = { timeoutMs: 30_000 };

let control: ControlPlane;
let preparePool: (pool: string) => Promise<void>;

@Controller()
class ControlPlaneController {
  @Answers(pipelineAsks.announceRunner)
  async announce(announcement: z.output<typeof pipelineAsks.announceRunner.request>) {
    await preparePool(announcement.pool);
    return control.announce(announcement);
  }

  @Answers(pipelineAsks.claimJob)
  claim({ buildId }: z.output<typeof pipelineAsks.claimJob.request>) {
    return this.find(buildId);
  }

  @Answers(pipelineAsks.resumeJob)
  resume({ held }: z.output<typeof pipelineAsks.resumeJob.request>) {
    return this.find(held.buildId);
  }

  private find(buildId: string) {
    const assignment = control.claim(buildId);
    if (assignment === undefined)
      throw new RefusalError({ kind: 'conflict', code: 'job-not-available', message: 'gone' });
    return assignment;
  }
}

@Module({ controllers: [ControlPlaneController] })
class ControlPlaneModule {}

describe('a runner process on NATS and Docker', () => {
  let nats: TestServer;
  let link: NatsLink;
  let app: INestMicroservice;
  let publisher: JetStreamPublisher;
  let engine: TestDocker;
  let folder: TemporaryFolder;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    // The process under test is the built one.
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'apps/runner-svc'], { cwd: root });
    [nats, engine] = await Promise.all([testNats(), testDocker()]);
    link = await connectNats({ url: nats.url, name: 'spec', logger: silentLogger });
    const provisioner = createProvisioner(link);
    await provisioner.streams();
    publisher = new JetStreamPublisher({ link, provisioner });
    const consumer = new JetStreamConsumer({ link, publisher, provisioner });
    preparePool = (pool) => provisioner.consumer(runnerJobsConsumer(pool), [subjects.jobOffersOf(pool)]);
    control = new ControlPlane(new NatsSignals(link));
    const common = { concurrency: 1, keyOf: () => '' };
    await consumer.subscribe({
      ...common,
      consumer: consumers.pipelineRunnerReports,
      handle: async ({ data }) => (control.takeReport(data), done),
    });
    await consumer.subscribe({
      ...common,
      consumer: consumers.logIngest,
      handle: async ({ subject, headers, data }) => (control.takeLog(subject, headers, data), done),
    });
    app = await createNestService({ module: ControlPlaneModule, link, logger: silentLogger });
    await app.listen();
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await link.close();
    await nats.dispose();
  });
  beforeEach(async () => {
    folder = await temporaryFolder('runner');
  });
  afterEach(async () => {
    for (const child of children) await kill(child, 'SIGKILL');
    const left = await engine.docker.listContainers({ all: true, filters: { label: ['cyclone.runner'] } });
    const ours = left.filter(({ Labels }) => Labels['cyclone.runner'] === control.announcements.at(-1)?.runnerId);
    // One that is being removed already is as good.
    await Promise.allSettled(ours.map(({ Id }) => engine.docker.getContainer(Id).remove({ force: true })));
    const { Volumes } = await engine.docker.listVolumes({
      filters: { label: [`cyclone.runner=${control.announcements.at(-1)?.runnerId}`] },
    });
    await Promise.allSettled((Volumes ?? []).map(({ Name }) => engine.docker.getVolume(Name).remove()));
    await folder.dispose();
  });

  const startRunner = (more: Record<string, string> = {}): ChildProcess => {
    const child = spawn(process.execPath, [join(root, 'apps/runner-svc/dist/main.js')], {
      env: {
        PATH: process.env['PATH'],
        CYCLONE_NATS_URL: nats.url,
        CYCLONE_DATA_DIR: folder.path,
        CYCLONE_RUNNER_SLOTS: '1',
        CYCLONE_LOG_LEVEL: 'warn',
        DOCKER_HOST: engine.engine.endpoint,
        ...more,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    children.add(child);
    return child;
  };
  const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit');
    child.kill(signal);
    await gone;
    children.delete(child);
  };
  const leftovers = async (buildId: string): Promise<unknown[]> => {
    const filters = { label: [`cyclone.build=${buildId}`] };
    return [
      ...(await engine.docker.listContainers({ all: true, filters })),
      ...((await engine.docker.listVolumes({ filters })).Volumes ?? []),
    ];
  };

  const lines = 400;
  const counting = (buildId: string) =>
    anAssignment(
      [
        aStep({
          id: 'a',
          commands: [
            `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; echo "warn $i" >&2; usleep 5000; done; exit 7`,
          ],
        }),
        aStep({ id: 'b', needs: ['a'], runWhen: 'always', commands: ['echo after'] }),
      ],
      { buildId: BuildId.parse(buildId) },
    );
  const streamOf = (buildId: string, word: string): string[] =>
    control
      .logOf(buildId, 'a')
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(word));
  const expectWhole = (buildId: string): void => {
    for (const word of ['line', 'warn'])
      expect(streamOf(buildId, word)).toEqual(Array.from({ length: lines }, (_, index) => `${word} ${index + 1}`));
    expect(control.seals.get(`${buildId}/a`)?.summary.bytes).toBe(control.logOf(buildId, 'a').length);
    expect(control.kinds(buildId)).toEqual([
      'step-started a',
      'step-ended a',
      'step-started b',
      'step-ended b',
      'job-ended',
    ]);
    expect(control.reports.find((report) => report.buildId === buildId && report.kind === 'step-ended')).toMatchObject({
      exitCode: 7,
    });
  };

  it.each([
    ['killed', 'SIGKILL'],
    ['stopped', 'SIGTERM'],
  ] as const)(
    'takes up its running step after it was %s: every log byte once, nothing run twice',
    async (_how, signal) => {
      const buildId = `kill-${process.pid}-${signal.toLowerCase()}`;
      const first = startRunner();
      await control.offer(publisher, counting(buildId));
      await eventually(() => expect(streamOf(buildId, 'line').length).toBeGreaterThan(20), slow);
      await kill(first, signal);
      const before = streamOf(buildId, 'line').length;
      startRunner();
      await eventually(() => expect(control.endOf(buildId)).toMatchObject({ outcome: 'failed' }), slow);
      await eventually(() => expect(control.seals.has(`${buildId}/b`)).toBe(true), slow);
      expect(before).toBeLessThan(lines);
      expectWhole(buildId);
      await eventually(async () => expect(await leftovers(buildId)).toEqual([]), slow);
    },
  );

  it('takes the recorded exit code of a step that ended while no runner was there', async () => {
    const buildId = `kill-${process.pid}-ended`;
    const first = startRunner();
    await control.offer(publisher, counting(buildId));
    await eventually(() => expect(streamOf(buildId, 'line').length).toBeGreaterThan(5), slow);
    await kill(first, 'SIGKILL');
    const containers = await engine.docker.listContainers({
      all: true,
      filters: { label: [`cyclone.build=${buildId}`, 'cyclone.role=step'] },
    });
    for (const { Id } of containers) await engine.docker.getContainer(Id).wait();
    startRunner();
    await eventually(() => expect(control.endOf(buildId)).toBeDefined(), slow);
    await eventually(() => expect(control.seals.has(`${buildId}/b`)).toBe(true), slow);
    expectWhole(buildId);
  });

  it.each(['after-claim', 'after-step-started', 'after-step-ended', 'after-job-ended', 'after-log-spool:2'])(
    'survives a kill at %s',
    async (failpoint) => {
      const buildId = `kill-${process.pid}-${failpoint.replace(':', '-')}`;
      const first = startRunner({ CYCLONE_FAILPOINT: failpoint });
      const assignment = anAssignment(
        [
          aStep({ id: 'a', commands: ['echo one', 'echo two'] }),
          aStep({ id: 'b', needs: ['a'], commands: ['echo three'] }),
        ],
        { buildId: BuildId.parse(buildId) },
      );
      const died = once(first, 'exit');
      await control.offer(publisher, assignment);
      await died;
      startRunner();
      await eventually(() => expect(control.endOf(buildId)).toMatchObject({ outcome: 'succeeded' }), slow);
      await eventually(() => expect(control.seals.has(`${buildId}/b`)).toBe(true), slow);
      await eventually(() => expect(control.seals.has(`${buildId}/a`)).toBe(true), slow);
      expect(control.logOf(buildId, 'a').toString()).toBe('+ echo one\none\n+ echo two\ntwo\n');
      expect(control.kinds(buildId)).toEqual([
        'step-started a',
        'step-ended a',
        'step-started b',
        'step-ended b',
        'job-ended',
      ]);
      await eventually(async () => expect(await leftovers(buildId)).toEqual([]), slow);
    },
  );
});
