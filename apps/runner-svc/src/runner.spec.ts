import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, consumers, pipelineAsks, RunnerId, type AskDefinition } from '@cyclone/contracts';
import { ScriptedExecutor, ScriptedImageBuilder } from '@cyclone/job-engine/scripted';
import { aStep, plain } from '@cyclone/job-engine/testing';
import { done } from '@cyclone/messaging';
import { MemoryBroker } from '@cyclone/messaging/memory';
import { AskRefusedError, AskUnavailableError, type AskClient } from '@cyclone/messaging/nest';
import { silentLogger } from '@cyclone/observability';
import { noFailpoint } from '@cyclone/service-host';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { Runner } from './runner.js';
import { anAssignment, ControlPlane } from './testing/control-plane.js';

const runnerId = RunnerId.parse('r1');

describe('Runner', () => {
  let broker: MemoryBroker;
  let control: ControlPlane;
  let executor: ScriptedExecutor;
  let folder: TemporaryFolder;
  const runners: Runner[] = [];
  let problem: string | undefined;

  beforeEach(async () => {
    folder = await temporaryFolder('runner');
    problem = undefined;
    broker = new MemoryBroker({ retryDelay: () => 20 });
    control = new ControlPlane(broker.signals);
    executor = new ScriptedExecutor();
    const common = { concurrency: 1, keyOf: () => '' };
    await broker.consumer.subscribe({
      ...common,
      consumer: consumers.pipelineRunnerReports,
      handle: async ({ data }) => (control.takeReport(data), done),
    });
    await broker.consumer.subscribe({
      ...common,
      consumer: consumers.logIngest,
      handle: async ({ subject, headers, data }) => (control.takeLog(subject, headers, data), done),
    });
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.close()));
    await executor.sweep(new Set());
    await folder.dispose();
  });

  const answer = (definition: AskDefinition, request: unknown): unknown => {
    if (!control.available) throw new AskUnavailableError(definition.subject, 'spec');
    if (definition.subject === pipelineAsks.announceRunner.subject)
      return control.announce(pipelineAsks.announceRunner.request.parse(request));
    const buildId =
      definition.subject === pipelineAsks.claimJob.subject
        ? pipelineAsks.claimJob.request.parse(request).buildId
        : pipelineAsks.resumeJob.request.parse(request).held.buildId;
    const assignment = control.claim(buildId);
    if (assignment === undefined)
      throw new AskRefusedError(definition.subject, { kind: 'conflict', code: 'job-not-available', message: 'gone' });
    return assignment;
  };
  const asks = {
    ask: async (definition: AskDefinition, request: unknown) => definition.reply.parse(answer(definition, request)),
  } as Pick<AskClient, 'ask'>;

  const open = async (slots = 2): Promise<Runner> => {
    const runner = new Runner({
      identity: { runnerId, name: 'spec', pool: 'default', labels: { os: 'linux' }, slots, version: '0' },
      dataDir: folder.path,
      spoolBytesMax: 1024 * 1024,
      executor,
      images: new ScriptedImageBuilder(),
      asks,
      publisher: broker.publisher,
      consumer: broker.consumer,
      signals: broker.signals,
      logger: silentLogger,
      failpoint: noFailpoint,
      now: () => Date.now(),
      isAble: async () => problem,
      resendMs: 30,
    });
    await runner.open();
    runners.push(runner);
    return runner;
  };
  const job = (buildId: string, script: Record<string, string | number>, changes = {}) =>
    anAssignment([aStep({ id: 'a', environment: plain(script) })], { buildId: BuildId.parse(buildId), ...changes });
  const attempts = () => readdir(join(folder.path, 'attempts'));

  it('takes an offer, runs it, reports in order, ships its log, and forgets it once all is confirmed', async () => {
    const runner = await open();
    await control.offer(broker.publisher, job('b1', { SCRIPT_OUTPUT: 'hello\n' }));
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a', 'step-ended a', 'job-ended']));
    expect(control.endOf('b1')).toMatchObject({ outcome: 'succeeded', token: 'first-token', fence: 3 });
    await eventually(async () => expect(await attempts()).toEqual([]));
    expect(control.logOf('b1', 'a').toString()).toBe('hello\n');
    expect(control.seals.get('b1/a')?.summary).toMatchObject({ bytes: 6, lines: 1 });
    expect(runner.freeSlots).toBe(2);
  });

  it('never holds more jobs than it has slots, and takes the rest when they are free', async () => {
    const runner = await open(2);
    let lowest = 2;
    for (let n = 0; n < 6; n += 1) await control.offer(broker.publisher, job(`b${n}`, { SCRIPT_DELAY_MS: 30 }));
    await eventually(() => {
      lowest = Math.min(lowest, runner.freeSlots);
      expect(control.reports.filter(({ kind }) => kind === 'job-ended')).toHaveLength(6);
    });
    expect(lowest).toBeGreaterThanOrEqual(0);
    expect(control.announcements.every(({ held, freeSlots }) => freeSlots >= 0 && held.length <= 6)).toBe(true);
  });

  it('takes nothing while its executor cannot work', async () => {
    problem = 'the Docker Engine does not answer';
    const runner = await open();
    await eventually(() => expect(control.announcements.at(-1)).toMatchObject({ freeSlots: 0 }));
    await control.offer(broker.publisher, job('b1', {}));
    await runner.close();
    runners.length = 0;
    problem = undefined;
    await open();
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a', 'step-ended a', 'job-ended']));
  });

  it('lets go of an offer whose job is not there any more', async () => {
    const runner = await open();
    control.refused.add('b1');
    await control.offer(broker.publisher, job('b1', {}));
    await eventually(() => expect(broker.messages('jobs')).toHaveLength(0));
    expect(runner.freeSlots).toBe(2);
  });

  it('leaves jobs that want other labels to others', async () => {
    await open();
    const picky = job('b1', {});
    await control.offer(broker.publisher, { ...picky, job: { ...picky.job, labels: { os: 'plan9' } } });
    await control.offer(broker.publisher, job('b2', {}));
    await eventually(() => expect(control.endOf('b2')).toBeDefined());
    expect(control.kinds('b1')).toEqual([]);
  });

  it('cancels by signal, and by order', async () => {
    await open();
    const [first, second] = ['b1', 'b2'].map((id) => job(id, { SCRIPT_HANG: 'true' }));
    if (first === undefined || second === undefined) throw new Error('two jobs');
    await control.offer(broker.publisher, first);
    await control.offer(broker.publisher, second);
    await eventually(() => expect(control.reports).toHaveLength(2));
    control.orders = { cancel: [control.heldBy(second)] };
    control.cancel(runnerId, first);
    await eventually(() => expect(control.endOf('b1')).toMatchObject({ outcome: 'cancelled' }));
    await eventually(() => expect(control.endOf('b2')).toMatchObject({ outcome: 'cancelled' }));
  });

  it('stops what it is told to drop, and says nothing more of it', async () => {
    const runner = await open(1);
    const dropped = job('b1', { SCRIPT_HANG: 'true' });
    await control.offer(broker.publisher, dropped);
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a']));
    control.orders = { drop: [control.heldBy(dropped)] };
    // Slots do not change now, so the next regular heartbeat would bring the order; a second runner's start shows the same path sooner.
    await runner.close();
    await open(1);
    await eventually(async () => expect(await attempts()).toEqual([]));
    expect(control.kinds('b1')).toEqual(['step-started a']);
    expect(executor.sandboxCount).toBe(0);
  });

  it('sends again what nobody confirmed, and each thing counts once', async () => {
    await open();
    control.confirms = false;
    await control.offer(broker.publisher, job('b1', { SCRIPT_LINES: 2000 }));
    await eventually(() => expect(control.endOf('b1')).toBeDefined());
    await eventually(() => expect(broker.messages('reports').length).toBeGreaterThan(3));
    expect(await attempts()).toHaveLength(1);
    control.confirms = true;
    await eventually(async () => expect(await attempts()).toEqual([]));
    expect(control.kinds('b1')).toEqual(['step-started a', 'step-ended a', 'job-ended']);
    expect(control.logOf('b1', 'a').length).toBe(200_000);
  });

  it('keeps everything while the broker is away', async () => {
    await open();
    await control.offer(broker.publisher, job('b1', { SCRIPT_OUTPUT: 'x\n', SCRIPT_DELAY_MS: 50 }));
    await eventually(() => expect(control.kinds('b1')).toHaveLength(1));
    broker.setAvailable(false);
    await eventually(() => expect(executor.sandboxCount).toBe(0));
    broker.setAvailable(true);
    await eventually(() => expect(control.endOf('b1')).toMatchObject({ outcome: 'succeeded' }));
    await eventually(() => expect(control.logOf('b1', 'a').toString()).toBe('x\n'));
  });

  it('goes on with a job after a restart: no step twice, no byte lost', async () => {
    const first = await open();
    await control.offer(broker.publisher, job('b1', { SCRIPT_LINES: 3000, SCRIPT_DELAY_MS: 300, SCRIPT_EXIT_CODE: 6 }));
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a']));
    await first.close();
    runners.length = 0;
    await open();
    await eventually(() => expect(control.endOf('b1')).toMatchObject({ outcome: 'failed' }));
    expect(control.kinds('b1')).toEqual(['step-started a', 'step-ended a', 'job-ended']);
    expect(control.reports[1]).toMatchObject({ exitCode: 6, log: { bytes: 300_000, lines: 3000 } });
    await eventually(async () => expect(await attempts()).toEqual([]));
    expect(control.logOf('b1', 'a').length).toBe(300_000);
  });

  it('gives up an attempt that was given to somebody else meanwhile', async () => {
    const first = await open();
    await control.offer(broker.publisher, job('b1', { SCRIPT_HANG: 'true' }));
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a']));
    await first.close();
    runners.length = 0;
    control.refused.add('b1');
    await open();
    await eventually(async () => expect(await attempts()).toEqual([]));
    await eventually(() => expect(executor.sandboxCount).toBe(0));
    expect(control.kinds('b1')).toEqual(['step-started a']);
  });

  it('writes no secret to its disk', async () => {
    const runner = await open();
    await control.offer(
      broker.publisher,
      job(
        'b1',
        { SCRIPT_HANG: 'true', PLAIN: 'in-the-plan' },
        { secrets: { TOKEN: 'hunter22' }, registries: [{ host: 'r', username: 'u', password: 'registry-password' }] },
      ),
    );
    await eventually(() => expect(control.kinds('b1')).toEqual(['step-started a']));
    const [attempt = ''] = await attempts();
    const journal = await readFile(join(folder.path, 'attempts', attempt, 'journal.ndjson'), 'utf8');
    expect(journal).toContain('first-token');
    expect(journal).not.toMatch(/hunter22|registry-password|clone-password|in-the-plan/);
    await runner.close();
    runners.length = 0;
  });
});
