import { describe, expect, it } from '@jest/globals';
import { runJob, type JobOptions } from './run-job.js';
import { ScriptedExecutor } from './scripted/scripted.executor.js';
import { ScriptedImageBuilder } from './scripted/scripted.image-builder.js';
import { aJob, aStep, plain, type JobDraft } from './testing/job-builder.js';
import { RecordingObserver } from './testing/recording-observer.js';

const setUp = () => {
  const executor = new ScriptedExecutor();
  const images = new ScriptedImageBuilder();
  const observer = new RecordingObserver();
  const run = async (draft: JobDraft, options: Partial<JobOptions> = {}) => {
    const result = await runJob(
      aJob(draft),
      { executor, images, observer },
      { signal: new AbortController().signal, ...options },
    );
    await result.destroyed;
    return result;
  };
  return { executor, images, observer, run };
};

const scripted = (id: string, script: Record<string, string | number> = {}, more: Record<string, unknown> = {}) =>
  aStep({ id, environment: plain(script), ...more });

const buildStep = (script: Record<string, string> = {}) =>
  aStep({
    id: 'image',
    kind: 'build-image',
    context: '.',
    dockerfile: 'Dockerfile',
    repository: 'localhost:5000/shop/api',
    buildArguments: plain(script),
    labels: {},
    publish: true,
  });

describe('runJob', () => {
  it('runs steps one after the other, and leaves nothing behind', async () => {
    const { run, observer, executor } = setUp();
    const result = await run({
      steps: [scripted('a', { SCRIPT_OUTPUT: 'hello\n' }), scripted('b', {}, { needs: ['a'] })],
    });
    expect(result.outcome).toBe('succeeded');
    expect(observer.starts.map((start) => start.stepId)).toEqual(['a', 'b']);
    expect(observer.textOf('a')).toBe('hello\n');
    expect(observer.endOf('a')).toMatchObject({ outcome: 'succeeded', exitCode: 0, log: { bytes: 6, lines: 1 } });
    expect(executor.sandboxCount).toBe(0);
  });

  it('skips what follows a failure, and runs what waits for one', async () => {
    const { run, observer } = setUp();
    const result = await run({
      steps: [
        scripted('a', { SCRIPT_EXIT_CODE: 2 }),
        scripted('b', {}, { needs: ['a'] }),
        scripted('tell', {}, { needs: ['b'], runWhen: 'failure' }),
        scripted('clean', {}, { needs: ['tell'], runWhen: 'always' }),
      ],
    });
    expect(result).toMatchObject({ outcome: 'failed', reason: { code: 'step-failed', message: 'Step "a" failed.' } });
    expect(observer.outcomes()).toEqual({ a: 'failed', b: 'skipped', tell: 'succeeded', clean: 'succeeded' });
    expect(observer.endOf('a')).toMatchObject({ exitCode: 2, reason: { code: 'exit-code' } });
  });

  it('shows an ignored failure, and fails nothing by it', async () => {
    const { run, observer } = setUp();
    const result = await run({
      steps: [scripted('a', { SCRIPT_OOM: 'true' }, { onFailure: 'ignore' }), scripted('b', {}, { needs: ['a'] })],
    });
    expect(result.outcome).toBe('succeeded');
    expect(observer.endOf('a')).toMatchObject({
      outcome: 'failed',
      ignored: true,
      exitCode: 137,
      reason: { code: 'oom' },
    });
    expect(observer.endOf('b').outcome).toBe('succeeded');
  });

  it('cancels within the grace, also a step that ignores SIGTERM', async () => {
    const { run, observer, executor } = setUp();
    const cancel = new AbortController();
    const running = run(
      {
        steps: [
          scripted('a', { SCRIPT_HANG: 'true', SCRIPT_IGNORE_SIGTERM: 'true', SCRIPT_OUTPUT: 'busy\n' }),
          scripted('b', {}, { needs: ['a'], runWhen: 'always' }),
        ],
      },
      { signal: cancel.signal, stopGraceMs: 30 },
    );
    observer.beforeAppend = async () => cancel.abort();
    expect((await running).outcome).toBe('cancelled');
    expect(observer.outcomes()).toEqual({ a: 'cancelled', b: 'skipped' });
    expect(observer.endOf('a').exitCode).toBe(137);
    expect(executor.sandboxCount).toBe(0);
  });

  it('stops a step at its time limit, and the job as failed', async () => {
    const { run, observer } = setUp();
    const result = await run({ steps: [scripted('a', { SCRIPT_HANG: 'true' }, { timeoutMs: 20 })] });
    expect(result.outcome).toBe('failed');
    expect(observer.endOf('a')).toMatchObject({ outcome: 'timed_out', reason: { code: 'step-timeout' } });
  });

  it('stops the job at its own limit and at that of the build', async () => {
    const hangs = { steps: [scripted('a', { SCRIPT_HANG: 'true' })] };
    expect(await setUp().run({ ...hangs, jobTimeoutMs: 20 })).toMatchObject({
      outcome: 'timed_out',
      reason: { code: 'job-timeout' },
    });
    expect(await setUp().run({ ...hangs, deadlineAt: Date.now() + 20 })).toMatchObject({
      outcome: 'timed_out',
      reason: { code: 'build-timeout' },
    });
  });

  it('runs side by side what the graph allows, up to its bound', async () => {
    const { run, observer } = setUp();
    const steps = ['a', 'b', 'c'].map((id) => scripted(id, { SCRIPT_HANG: 'true', SCRIPT_OUTPUT: 'x' }));
    const cancel = new AbortController();
    observer.beforeAppend = async () => {
      if (observer.starts.length === 2) cancel.abort();
    };
    await run({ steps }, { signal: cancel.signal, parallelStepsMax: 2 });
    expect(observer.outcomes()).toEqual({ a: 'cancelled', b: 'cancelled', c: 'skipped' });
  });

  it('gives a step the secrets it names, and masks them', async () => {
    const { run, observer } = setUp();
    await run({
      secrets: { TOKEN: 'hunter22', OTHER: 'never-named' },
      steps: [
        aStep({ id: 'a', environment: { SCRIPT_OUTPUT: { secret: 'TOKEN' } } }),
        scripted('b', { SCRIPT_OUTPUT: 'never-named' }),
      ],
    });
    expect(observer.textOf('a')).toBe('***');
    expect(observer.textOf('b')).toBe('***');
  });

  it('fails a step whose secret is missing, saying which', async () => {
    const { run, observer } = setUp();
    await run({ steps: [aStep({ id: 'a', environment: { X: { secret: 'TOKEN' } } })] });
    expect(observer.endOf('a').reason?.message).toContain('"TOKEN"');
    expect(observer.textOf('a')).toContain('"TOKEN"');
  });

  it('fails the steps that use a service which never becomes ready', async () => {
    const { run, observer } = setUp();
    const db = {
      id: 'db',
      name: 'db',
      image: { kind: 'named', name: 'db', pull: 'never' },
      environment: plain({ SCRIPT_NOT_READY: 'true', SCRIPT_OUTPUT: 'no space' }),
      readiness: { port: 5432, timeoutMs: 10 },
      usedBy: ['a'],
    };
    await run({ services: [db], steps: [scripted('a')] });
    expect(observer.endOf('a')).toMatchObject({ outcome: 'failed', reason: { code: 'service-not-ready' } });
    expect(observer.textOf('a')).toContain('no space');
  });

  it('builds, pushes, and lets version tags point at the digest when all that stands before has passed', async () => {
    const { run, observer, images } = setUp();
    const publish = aStep({
      id: 'publish',
      kind: 'publish-image',
      needs: ['test'],
      from: 'image',
      tags: ['1.2', 'latest'],
    });
    const test = scripted('test', {}, { needs: ['image'], image: { kind: 'built', step: 'image' } });
    expect((await run({ buildId: 'b7', steps: [buildStep(), test, publish] })).outcome).toBe('succeeded');
    expect(observer.starts.find((start) => start.stepId === 'test')?.image).toBe('localhost:5000/shop/api:cyclone-b7');
    expect(observer.images.map((image) => image.tags)).toEqual([['cyclone-b7'], ['1.2', 'latest']]);
    expect([...(images.published.get('localhost:5000/shop/api')?.keys() ?? [])]).toEqual(['1.2', 'latest']);
  });

  it('pushes nothing before the host permits it', async () => {
    const { run, observer } = setUp();
    const permit = Promise.withResolvers<void>();
    observer.permit = permit.promise;
    const running = run({ steps: [buildStep()] });
    await Promise.resolve();
    expect(observer.images).toEqual([]);
    permit.resolve();
    expect((await running).outcome).toBe('succeeded');
    expect(observer.images).toHaveLength(1);
  });

  it('says in the log and the reason why a push failed', async () => {
    const { run, observer } = setUp();
    await run({ steps: [buildStep({ SCRIPT_PUSH_FAILURE: 'registry gone' })] });
    expect(observer.endOf('image')).toMatchObject({
      outcome: 'failed',
      reason: { code: 'image-push-failed', message: 'registry gone' },
    });
    expect(observer.textOf('image')).toContain('registry gone');
  });

  it('runs a thousand jobs at once', async () => {
    const { executor, images } = setUp();
    const jobs = Array.from({ length: 1000 }, () =>
      aJob({
        steps: [scripted('a', { SCRIPT_OUTPUT: 'x\n', SCRIPT_DELAY_MS: 50 }), scripted('b', {}, { needs: ['a'] })],
      }),
    );
    const results = await Promise.all(
      jobs.map((job) =>
        runJob(job, { executor, images, observer: new RecordingObserver() }, { signal: new AbortController().signal }),
      ),
    );
    expect(new Set(results.map((result) => result.outcome))).toEqual(new Set(['succeeded']));
  });
});

describe('runJob after its host was killed', () => {
  it('takes up a step where its log stood, runs none twice and loses no byte', async () => {
    const { executor, images, observer } = setUp();
    const input = aJob({
      steps: [
        scripted('a', { SCRIPT_LINES: 5000, SCRIPT_DELAY_MS: 20, SCRIPT_EXIT_CODE: 4 }),
        scripted('b', {}, { needs: ['a'], runWhen: 'always' }),
      ],
    });
    const [reached, afterlife, killed] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      new AbortController(),
    ];
    // A killed host hears nothing more: its sink does not answer again.
    observer.beforeAppend = async (_step, chunk) => {
      if (chunk.seq < 2) return;
      reached.resolve();
      await afterlife.promise;
      throw new Error('the host is dead');
    };
    const first = runJob(input, { executor, images, observer }, { signal: killed.signal });
    await reached.promise;

    const second = new RecordingObserver();
    const result = await runJob(
      input,
      { executor, images, observer: second },
      { signal: new AbortController().signal, resume: observer.resumeState() },
    );
    expect(result.outcome).toBe('failed');
    expect(second.starts.map((start) => start.stepId)).toEqual(['b']);
    expect(second.endOf('a').exitCode).toBe(4);
    const all = Buffer.concat([observer.bytesOf('a'), second.bytesOf('a')]);
    expect(all.length).toBe(500_000);
    expect(second.endOf('a').log).toMatchObject({ bytes: 500_000, lines: 5000 });
    expect(
      all
        .toString()
        .split('\n')
        .slice(0, 5000)
        .map((line) => Number.parseInt(line, 10)),
    ).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
    afterlife.resolve();
    await expect(first).rejects.toThrow('the host is dead');
  });

  it('fails rather than run a step again when the sandbox is gone', async () => {
    const { executor, images, observer } = setUp();
    const input = aJob({ steps: [scripted('a'), scripted('b', {}, { needs: ['a'] })] });
    const [first] = input.job.steps;
    const resume = {
      ended: new Map(),
      open: new Map(first === undefined ? [] : [[first.id, { startedAt: 1 }]]),
      digests: new Map(),
    };
    const result = await runJob(
      input,
      { executor, images, observer },
      { signal: new AbortController().signal, resume },
    );
    expect(result).toMatchObject({ outcome: 'failed', reason: { code: 'workspace-failed' } });
    expect(observer.starts).toEqual([]);
    // The step that ran gets its end and its log a seal: nobody has to wait for them.
    expect(observer.endOf('a')).toMatchObject({ outcome: 'failed', reason: { code: 'start-failed' } });
    expect(observer.endOf('a').log?.bytes).toBeGreaterThan(0);
    expect(observer.endOf('b').outcome).toBe('skipped');
  });
});
