import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import { runJob, type JobOptions } from '../run-job.js';
import { ScriptedImageBuilder } from '../scripted/scripted.image-builder.js';
import { openTestExecutor, type TestExecutor } from '../testing/docker-harness.js';
import { aJob, aStep, plain, type JobDraft } from '../testing/job-builder.js';
import { RecordingObserver } from '../testing/recording-observer.js';

const sh = (id: string, commands: string[], more: Record<string, unknown> = {}) => aStep({ id, commands, ...more });
const mebi = 1024 * 1024;

jest.setTimeout(30_000);

describe('jobs on a Docker Engine', () => {
  let test: TestExecutor;
  beforeAll(async () => {
    test = await openTestExecutor({ ceilings: { memoryBytes: 512 * mebi, pids: 64, logBytes: 80 * mebi } });
  }, 120_000);
  afterAll(async () => {
    await test.close();
    expect(await test.leftovers()).toEqual([]);
  });

  const run = async (draft: JobDraft, options: Partial<JobOptions> = {}, observer = new RecordingObserver()) => {
    const ports = { executor: test.executor, images: new ScriptedImageBuilder(), observer };
    const result = await runJob(aJob(draft), ports, { signal: new AbortController().signal, ...options });
    await result.destroyed;
    return { result, observer };
  };

  it('shares a workspace between steps, shows the commands, and leaves nothing behind', async () => {
    const { result, observer } = await run({
      steps: [
        sh('a', ['echo hi > file']),
        sh('b', ['cat file', 'pwd'], { needs: ['a'] }),
        sh('c', ['cat ../file'], { needs: ['b'], workingDir: 'sub' }),
      ],
    });
    expect(observer.textOf('b')).toBe('+ cat file\nhi\n+ pwd\n/workspace\n');
    expect(observer.textOf('c')).toBe('+ cat ../file\nhi\n');
    expect(result.outcome).toBe('succeeded');
    expect(await test.leftovers()).toEqual([]);
  });

  it('says oom where a step used too much memory', async () => {
    const { observer } = await run({
      steps: [
        sh('a', ['head -c 200000000 /dev/zero | tail -c 199999999 | wc -c'], { limits: { memoryBytes: 32 * mebi } }),
        aStep({
          id: 'b',
          command: ['sh', '-c', 'x=a; while true; do x=$x$x; done'],
          limits: { memoryBytes: 32 * mebi },
          runWhen: 'always',
          needs: ['a'],
        }),
      ],
    });
    expect(observer.endOf('b')).toMatchObject({ outcome: 'failed', exitCode: 137, reason: { code: 'oom' } });
  });

  it('gives back the code of a step that killed itself', async () => {
    const { observer } = await run({ steps: [sh('a', ['kill -9 $$'])] });
    expect(observer.endOf('a')).toMatchObject({ exitCode: 137, reason: { code: 'exit-code' } });
  });

  it('limits a fork bomb', async () => {
    const { observer } = await run({
      steps: [
        sh('a', ['bomb() { bomb | bomb & }; bomb; sleep 1; exit 9'], { timeoutMs: 5000 }),
        sh('b', ['echo fine'], { needs: ['a'], runWhen: 'always' }),
      ],
    });
    expect(['failed', 'timed_out']).toContain(observer.endOf('a').outcome);
    expect(observer.textOf('b')).toContain('fine');
  });

  it('cuts endless output, and ends the step by its limit', async () => {
    const { observer } = await run(
      { steps: [sh('a', ['yes'], { timeoutMs: 2000 })] },
      { log: { stepBytesMax: 100_000 } },
    );
    expect(observer.endOf('a')).toMatchObject({ outcome: 'timed_out', log: { truncated: true } });
    expect(observer.bytesOf('a').length).toBeLessThan(100_200);
    expect(observer.textOf('a')).toContain('[cyclone] log cut at 100000 bytes');
  });

  it('keeps NUL and invalid UTF-8', async () => {
    const { observer } = await run({
      steps: [aStep({ id: 'a', entrypoint: ['printf'], command: ['a\\000b\\377\\302\\n'] })],
    });
    expect(observer.bytesOf('a')).toEqual(Buffer.from([0x61, 0, 0x62, 0xff, 0xc2, 0x0a]));
  });

  it('cancels a step that ignores SIGTERM within two seconds', async () => {
    const cancel = new AbortController();
    const observer = new RecordingObserver();
    let cancelledAt = 0;
    observer.beforeAppend = async (_step, chunk) => {
      if (!chunk.bytes.includes('deaf\n') || cancelledAt > 0) return;
      cancelledAt = performance.now();
      cancel.abort();
    };
    const { result } = await run(
      { steps: [aStep({ id: 'a', command: ['sh', '-c', "trap '' TERM; echo deaf; while true; do sleep 1; done"] })] },
      { signal: cancel.signal },
      observer,
    );
    expect(performance.now() - cancelledAt).toBeLessThan(2500);
    expect(result.outcome).toBe('cancelled');
    expect(observer.endOf('a')).toMatchObject({ outcome: 'cancelled', exitCode: 137 });
  });

  it('names a missing image, whether it may be pulled or not', async () => {
    const image = (pull: string) => ({ image: { kind: 'named', name: '127.0.0.1:9/no/such:1', pull } });
    const { observer } = await run({
      steps: [aStep({ id: 'a', ...image('never') }), aStep({ id: 'b', ...image('if-missing') })],
    });
    expect(observer.endOf('a').reason).toMatchObject({ code: 'image-not-found' });
    expect(observer.endOf('b').reason?.code).toBe('image-pull-failed');
    expect(observer.endOf('b').reason?.message).toContain('127.0.0.1:9/no/such:1');
  });

  it('names a program that is not in the image', async () => {
    const { observer } = await run({ steps: [aStep({ id: 'a', entrypoint: ['/no/such/program'] })] });
    // With an init process the engine cannot tell at the start: it is the shell's code for "not found".
    expect(observer.endOf('a').outcome).toBe('failed');
    expect(observer.textOf('a') + (observer.endOf('a').reason?.message ?? '')).toContain('/no/such/program');
  });

  it('survives a line of 100 MB in bounded memory', async () => {
    const observer = new RecordingObserver();
    const before = process.memoryUsage.rss();
    let rssMax = before;
    observer.beforeAppend = async () => void (rssMax = Math.max(rssMax, process.memoryUsage.rss()));
    await run({ steps: [sh('a', ["head -c 104857600 /dev/zero | tr '\\0' x", 'echo', 'echo end'])] }, {}, observer);
    expect(observer.textOf('a').endsWith('\n+ echo end\nend\n')).toBe(true);
    expect(observer.textOf('a')).toContain('[cyclone] line cut at 1048576 bytes');
    expect(rssMax - before).toBeLessThan(150 * mebi);
  });

  it('slows a step down while nobody takes its output', async () => {
    const observer = new RecordingObserver();
    const gate = Promise.withResolvers<void>();
    observer.beforeAppend = () => gate.promise;
    const running = run(
      { steps: [sh('a', ['yes 0123456789012345678901234567890123456789 | head -c 20000000'])] },
      { log: { queuedBytesMax: 64 * 1024 } },
      observer,
    );
    await eventually(() => expect(observer.starts).toHaveLength(1));
    gate.resolve();
    const done = await running;
    expect(done.observer.endOf('a').log?.bytes).toBeGreaterThan(20_000_000);
  });

  it('reaches services by name once they are ready, and not after', async () => {
    const web = {
      id: 'web',
      name: 'web',
      image: { kind: 'named', name: 'cyclone/busybox:local', pull: 'never' },
      entrypoint: ['sh', '-c'],
      command: ['sleep 0.3; mkdir /www; echo pong > /www/ping; exec httpd -f -p 8080 -h /www'],
      readiness: { port: 8080, http: { port: 8080, path: '/ping' }, timeoutMs: 10_000 },
      usedBy: ['a', 'b'],
    };
    const ask = "printf 'GET /ping HTTP/1.0\\r\\n\\r\\n' | nc web 8080 | tail -1";
    const { result, observer } = await run({
      services: [web],
      steps: [sh('a', [ask]), sh('b', [ask], { needs: ['a'] })],
    });
    expect(result.outcome).toBe('succeeded');
    expect(observer.textOf('a')).toContain('pong');
    expect(observer.textOf('b')).toContain('pong');
  });

  it('says why a service did not come up, with its last words', async () => {
    const db = {
      id: 'db',
      name: 'db',
      image: { kind: 'named', name: 'cyclone/busybox:local', pull: 'never' },
      entrypoint: ['sh', '-c'],
      command: ['echo no space left; exit 4'],
      readiness: { port: 5432, timeoutMs: 5000 },
      usedBy: ['a'],
    };
    const { observer } = await run({ services: [db], steps: [sh('a', ['true'])] });
    expect(observer.endOf('a').reason).toMatchObject({
      code: 'service-failed',
      message: expect.stringContaining('exit code 4'),
    });
    expect(observer.textOf('a')).toContain('no space left');
  });

  it('copies outputs of the ended container into the workspace', async () => {
    const { result, observer } = await run({
      steps: [
        sh('a', ['mkdir -p /out/bin', 'echo built > /out/bin/app', 'ln -s app /out/bin/link'], {
          outputs: ['/out/bin'],
        }),
        sh('b', ['cat bin/app bin/link'], { needs: ['a'] }),
        sh('c', ['true'], { needs: ['b'], outputs: ['/no/such'] }),
      ],
    });
    expect(observer.textOf('b')).toContain('built\nbuilt\n');
    expect(observer.endOf('c')).toMatchObject({ outcome: 'failed', reason: { code: 'output-missing' } });
    expect(result.outcome).toBe('failed');
  });

  it('refuses outputs that lead out', async () => {
    const { observer } = await run({
      steps: [sh('a', ['mkdir /out', 'ln -s /etc/passwd /out/evil'], { outputs: ['/out'] })],
    });
    expect(observer.endOf('a').reason).toMatchObject({ code: 'output-refused' });
  });

  it('lets a folder of the workspace appear at a second place', async () => {
    const { observer } = await run({
      steps: [
        sh('a', ['mkdir src', 'echo code > src/main']),
        sh('b', ['cat /go/app/main'], { needs: ['a'], mounts: [{ source: 'src', target: '/go/app' }] }),
      ],
    });
    expect(observer.textOf('b')).toContain('code');
  });

  it('gives no network to a step that asked for none, and few rights to all', async () => {
    const { observer } = await run({
      trust: 'untrusted',
      steps: [
        sh('a', ['ls /sys/class/net', 'grep CapEff /proc/self/status', 'grep NoNewPrivs /proc/self/status'], {
          network: 'none',
        }),
      ],
    });
    expect(observer.textOf('a')).toContain('+ ls /sys/class/net\nlo\n+');
    expect(observer.textOf('a')).toMatch(/CapEff:\s+0{16}/);
    expect(observer.textOf('a')).toMatch(/NoNewPrivs:\s+1/);
  });

  it('runs parallel steps in one network namespace', async () => {
    const { result } = await run({
      steps: [
        sh('serve', ['echo ping > /tmp/x', 'httpd -p 7777 -h /tmp', 'until [ -e asked ]; do sleep 0.1; done']),
        sh('call', ['until wget -q -O - http://127.0.0.1:7777/x; do sleep 0.1; done', 'touch asked']),
      ],
    });
    expect(result.outcome).toBe('succeeded');
  });

  it('reads the log of an adopted step at the same offsets as its output, also after lines of any length', async () => {
    const lengths = [1, 16383, 16384, 16385, 32768, 100000];
    const program = `for n in ${lengths.join(' ')}; do head -c $n /dev/zero | tr '\\0' x; echo; done; printf 'a\\000b\\377'; printf open`;
    const input = aJob({ steps: [aStep({ id: 'a', entrypoint: ['sh', '-c'], command: [program] })] });
    const [first, second] = [new RecordingObserver(), new RecordingObserver()];
    const reached = Promise.withResolvers<void>();
    const afterlife = Promise.withResolvers<void>();
    first.beforeAppend = async (_step, chunk) => {
      if (chunk.offset + chunk.bytes.length < 60_000) return;
      reached.resolve();
      await afterlife.promise;
      throw new Error('the host is dead');
    };
    const signal = new AbortController().signal;
    const ports = { executor: test.executor, images: new ScriptedImageBuilder() };
    const dead = runJob(input, { ...ports, observer: first }, { signal });
    await reached.promise;
    await runJob(input, { ...ports, observer: second }, { signal, resume: first.resumeState() });
    const log = Buffer.concat([first.bytesOf('a'), second.bytesOf('a')]);
    const written = `${lengths.map((length) => 'x'.repeat(length)).join('\n')}\na\0b\xffopen`;
    const lineLengths = (text: string): number[] => text.split('\n').map((line) => line.length);
    expect(lineLengths(log.toString('latin1'))).toEqual(lineLengths(written));
    expect(log.equals(Buffer.from(written, 'latin1'))).toBe(true);
    afterlife.resolve();
    await expect(dead).rejects.toThrow('the host is dead');
  });

  it('masks secrets in real output', async () => {
    const { observer } = await run({
      secrets: { TOKEN: 'hunter22' },
      steps: [
        sh('a', ['printf hun; sleep 0.1; echo ter22', 'echo "$T" | base64'], {
          environment: { T: { secret: 'TOKEN' }, ...plain({ X: 'y' }) },
        }),
      ],
    });
    expect(observer.textOf('a')).not.toMatch(/hunter22|aHVudGVy/);
    expect(observer.textOf('a')).toContain('***');
  });
});
