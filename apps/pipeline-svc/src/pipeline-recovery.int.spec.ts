import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BuildId,
  CommandId,
  DeliveryId,
  pipelineAsks,
  RunnerId,
  type CommitSha,
  SecretName,
  streams,
} from '@cyclone/contracts';
import { openMongoStores, type MongoStores } from '@cyclone/event-store/mongo';
import { eventually } from '@cyclone/testing';
import mongoose, { type Connection } from 'mongoose';
import { Builds } from './build/builds.js';
import type { BuildCommand } from './build/domain/build-commands.js';
import { rebuildPipelineViews } from './projections/rebuild-pipeline-views.js';
import { jobId, plannedEvent, requestedEvent } from './testing/build-samples.js';
import { PipelineWorld, PlayedRunner, twoStepFile } from './testing/pipeline-world.js';

let world: PipelineWorld;
let connection: Connection;
let stores: MongoStores;
let sha: CommitSha;

beforeAll(async () => {
  world = await PipelineWorld.begin();
  connection = await mongoose.createConnection(world.mongo.uri, { dbName: world.mongo.dbName }).asPromise();
  stores = await openMongoStores(connection);
  await world.start();
  await world.createProject();
  sha = world.repository.commit({ 'cyclone.yaml': twoStepFile });
}, 120_000);

afterAll(async () => {
  await connection.close();
  await world.end();
}, 30_000);

const database = () => {
  if (connection.db === undefined) throw new Error('the connection has no database');
  return connection.db;
};

/** What a process that died right after its append leaves behind: the commit, and nothing that follows from it. */
const appended = async (buildId: BuildId, at: number, ...commands: readonly BuildCommand[]): Promise<void> => {
  const builds = new Builds(stores.events, () => at);
  for (const command of commands) {
    const handled = await builds.carryOut(buildId, world.projectId, command, {
      commandId: CommandId.parse(command.type),
      actor: { kind: 'system', id: 'spec' },
      trace: { correlationId: buildId },
    });
    expect(handled.kind).toBe('accepted');
  }
};

const request = (over: { timeoutMs?: number } = {}): BuildCommand => {
  const change = { kind: 'push' as const, ref: 'refs/heads/main', after: sha, message: 'm', author: { name: 'Ada' } };
  return {
    type: 'RequestBuild',
    request: {
      ...requestedEvent.data,
      projectId: world.projectId,
      trigger: { kind: 'change', deliveryId: DeliveryId.parse('d1'), change },
      repositoryUrl: world.repository.path,
      secretVersions: [{ name: SecretName.parse('token'), version: 1 }],
      timeoutMs: 3_600_000,
      ...over,
    },
  };
};

const viewOf = (buildId: BuildId, holds: (status: string, outcome: string | undefined) => boolean) =>
  eventually(
    async () => {
      const view = await world.build(buildId);
      expect([view.status, view.outcome, holds(view.status, view.outcome)]).toEqual([view.status, view.outcome, true]);
      return view;
    },
    { timeoutMs: 15_000 },
  );

describe('a process that died in between', () => {
  it('after the request: the build is planned by whoever comes next', async () => {
    await world.stop();
    const buildId = BuildId.parse('requested1');
    await appended(buildId, Date.now(), request());
    await world.start();
    const view = await viewOf(buildId, (status) => status === 'queued');
    expect(view.jobs[0]?.reason).toMatchObject({
      code: 'waiting-for-runner',
      message: 'no runner of pool default is online',
    });
  }, 30_000);

  it('after the job was queued: the job is offered by whoever comes next', async () => {
    await world.stop();
    const buildId = BuildId.parse('queued1');
    await appended(buildId, Date.now(), request(), { type: 'RecordPlan', plan: plannedEvent({ id: 'main' }).data });
    await world.start();
    const runner = new PlayedRunner(world);
    await runner.announce(4);
    await runner.takeOffers();
    await eventually(() => expect(runner.offers.map((offer) => offer.buildId)).toContain(buildId), {
      timeoutMs: 15_000,
    });
    await runner.announce(0);
    await runner.leave();
  }, 30_000);
});

describe('nothing waits for ever', () => {
  it('a build past its deadline is ended, also where its deadline passed while nobody was there', async () => {
    await world.stop();
    const buildId = BuildId.parse('late1');
    await appended(buildId, Date.now() - 10_000, request({ timeoutMs: 1_000 }));
    await world.start();
    const view = await viewOf(buildId, (status) => status === 'finished');
    expect(view).toMatchObject({ outcome: 'timed_out', reason: { code: 'build-timed-out' } });
  }, 30_000);

  it('a job whose runner is silent for its lease goes to another attempt', async () => {
    const buildId = BuildId.parse('lost1');
    const runnerId = RunnerId.parse('silent');
    const minutesAgo = new Date(Date.now() - 10 * 60_000);
    const claim: BuildCommand = { type: 'ClaimJob', jobId: jobId('main'), attempt: 1, runnerId, runnerName: 'silent' };
    const control = database().collection<{ _id: string }>('pipeline_control_plane');
    // Without this our own start would count: runners get a full lease after an outage of the control plane.
    await control.updateOne({ _id: 'control-plane' }, { $set: { wellSince: minutesAgo } });
    await appended(
      buildId,
      minutesAgo.getTime(),
      request(),
      { type: 'RecordPlan', plan: plannedEvent({ id: 'main' }).data },
      claim,
    );
    const view = await eventually(
      async () => {
        const lost = await world.build(buildId);
        expect(lost.jobs[0]).toMatchObject({ status: 'queued', attempt: 2 });
        return lost;
      },
      { timeoutMs: 15_000 },
    );
    expect(view.status).toBe('running');
  }, 30_000);
});

describe('the work queue', () => {
  it('that is full takes no offer: the build waits, and goes on when there is room', async () => {
    const manager = await jetstreamManager(world.link.connection);
    const broker = jetstream(world.link.connection);
    await manager.streams.purge(streams.jobs.name);
    // Offers for a pool that has no runner, one for each job, up to the last that there is room for.
    for (let first = 0; first < streams.jobs.maxMessages; first += 2_000) {
      await Promise.all(
        Array.from({ length: 2_000 }, (_, index) =>
          broker.publish(`cyclone.command.runner.elsewhere.run-job.b${first + index}.main.1`),
        ),
      );
    }
    const runner = new PlayedRunner(world);
    await runner.announce(4);
    const buildId = BuildId.parse('full1');
    await appended(buildId, Date.now(), request(), { type: 'RecordPlan', plan: plannedEvent({ id: 'main' }).data });
    const queue = database().collection('pipeline_job_queue');
    await eventually(async () => expect(await queue.findOne({ buildId, offeredAt: { $exists: true } })).not.toBeNull());
    const { state } = await manager.streams.info(streams.jobs.name);
    expect(state.messages).toBe(streams.jobs.maxMessages);
    expect((await world.build(buildId)).status).toBe('queued');

    await manager.streams.purge(streams.jobs.name);
    await world.stop();
    await world.start();
    await runner.announce(4);
    await runner.takeOffers();
    await eventually(() => expect(runner.offers.map((offer) => offer.buildId)).toContain(buildId), {
      timeoutMs: 15_000,
    });
    await runner.announce(0);
    await runner.leave();
  }, 60_000);
});

describe('the job queue', () => {
  it('is made again from the builds where it was lost', async () => {
    const buildId = BuildId.parse('forgotten1');
    const minutesAgo = Date.now() - 2 * 60_000;
    await appended(buildId, minutesAgo, request(), { type: 'RecordPlan', plan: plannedEvent({ id: 'main' }).data });
    const queue = database().collection('pipeline_job_queue');
    await eventually(async () => expect(await queue.countDocuments({ buildId })).toBe(1));
    await eventually(async () =>
      expect(await database().collection('pipeline_builds').countDocuments({ 'view.build.id': buildId })).toBe(1),
    );
    await queue.deleteMany({ buildId });
    await world.stop();
    await world.start();
    await eventually(async () => expect(await queue.countDocuments({ buildId })).toBe(1));
  }, 20_000);
});

describe('views', () => {
  it('built anew are what they were, and can be asked all the while', async () => {
    const { builds } = await world.asks
      .ask(pipelineAsks.listBuilds, {})
      .then(({ items }) => ({ builds: items.length }));
    const read = async () => ({
      builds: await database().collection('pipeline_builds').find().sort({ _id: 1 }).toArray(),
      projects: await database().collection('pipeline_projects').find().sort({ _id: 1 }).toArray(),
    });
    await eventually(async () => expect((await read()).builds.length).toBe(6));
    const before = await read();
    await database()
      .collection<{ _id: string }>('pipeline_builds')
      .updateOne({ _id: 'late1' }, { $set: { 'view.build.status': 'running' } });
    await rebuildPipelineViews(database(), stores.events);
    expect(await read()).toEqual(before);
    expect(builds).toBeGreaterThan(0);
  }, 20_000);
});
