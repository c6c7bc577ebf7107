import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { testRegistry, type TestRegistry } from '@cyclone/testing/servers';
import { runJob } from '../run-job.js';
import { openTestExecutor, type TestExecutor } from '../testing/docker-harness.js';
import { aJob, aStep, uniqueBuildId, type JobDraft } from '../testing/job-builder.js';
import { RecordingObserver } from '../testing/recording-observer.js';
import { DockerImageBuilder } from './docker.image-builder.js';

jest.setTimeout(60_000);
const sh = (id: string, commands: string[], more: Record<string, unknown> = {}) => aStep({ id, commands, ...more });

describe('images on a Docker Engine', () => {
  let test: TestExecutor;
  let open: TestRegistry;
  let closed: TestRegistry;
  const built: string[] = [];

  beforeAll(async () => {
    test = await openTestExecutor();
    [open, closed] = await Promise.all([
      testRegistry(),
      testRegistry({ credentials: { username: 'ci', password: 'right-password' } }),
    ]);
  }, 180_000);
  afterAll(async () => {
    for (const reference of built)
      await test.docker
        .getImage(reference)
        .remove({ force: true })
        .catch(() => undefined);
    await Promise.all([open.dispose(), closed.dispose()]);
    await test.close();
    expect(await test.leftovers()).toEqual([]);
  });

  const run = async (draft: JobDraft) => {
    const observer = new RecordingObserver();
    const ports = { executor: test.executor, images: new DockerImageBuilder(test.docker, test.runner), observer };
    const result = await runJob(aJob(draft), ports, { signal: new AbortController().signal });
    await result.destroyed;
    return { result, observer };
  };

  const write = (dockerfile: string, more: string[] = []) =>
    sh('write', [`mkdir -p app && printf '${dockerfile}' > app/Dockerfile`, ...more]);
  const build = (repository: string, more: Record<string, unknown> = {}) =>
    aStep({
      id: 'image',
      kind: 'build-image',
      needs: ['write'],
      context: 'app',
      dockerfile: 'app/Dockerfile',
      repository,
      buildArguments: { WHO: { value: 'world' } },
      labels: { 'org.example.a': 'b' },
      publish: true,
      ...more,
    });

  it('builds from the workspace, pushes, runs what it built, and moves tags to the digest that passed', async () => {
    const buildId = uniqueBuildId();
    const repository = `${open.host}/shop/api`;
    built.push(`${repository}:cyclone-${buildId}`, `${repository}:1.0`, `${repository}:latest`);
    const { result, observer } = await run({
      buildId,
      steps: [
        write(
          'FROM cyclone/busybox:local\\nARG WHO\\nCOPY . /app\\nRUN echo hello $WHO > /greeting\\nCMD ["cat", "/greeting"]\\n',
          ['echo junk > app/junk', 'mkdir app/keep', 'echo x > app/keep/x', "printf 'junk\\n' > app/.dockerignore"],
        ),
        build(repository),
        aStep({
          id: 'use',
          needs: ['image'],
          image: { kind: 'built', step: 'image' },
          command: ['sh', '-c', 'cat /greeting; ls /app'],
        }),
        aStep({ id: 'publish', kind: 'publish-image', needs: ['use'], from: 'image', tags: ['1.0', 'latest'] }),
      ],
    });
    expect(observer.textOf('image')).toContain('Step 4/6 : RUN echo hello $WHO');
    expect(observer.textOf('use')).toBe('hello world\nDockerfile\nkeep\n');
    expect(result.outcome).toBe('succeeded');
    const [pushed, published] = observer.images;
    expect(pushed?.digest).toMatch(/^sha256:/);
    expect(published).toMatchObject({ digest: pushed?.digest, tags: ['1.0', 'latest'] });
    const tags: unknown = await (await fetch(`http://${repository.replace('/', '/v2/')}/tags/list`)).json();
    expect(tags).toMatchObject({ tags: expect.arrayContaining(['1.0', 'latest', `cyclone-${buildId}`]) });
  });

  it('takes a Dockerfile from outside of the context', async () => {
    const buildId = uniqueBuildId();
    built.push(`${open.host}/shop/outside:cyclone-${buildId}`);
    const write = sh('write', [
      "mkdir -p app && echo x > app/x && printf 'FROM cyclone/busybox:local\\nCOPY . /app\\nRUN ls /app\\n' > Dockerfile",
    ]);
    const { observer } = await run({
      buildId,
      steps: [write, build(`${open.host}/shop/outside`, { dockerfile: 'Dockerfile' })],
    });
    expect(observer.endOf('image').outcome).toBe('succeeded');
    expect(observer.textOf('image')).toContain('\nx\n');
  });

  it('says which instruction failed', async () => {
    const { observer } = await run({
      steps: [write('FROM cyclone/busybox:local\\nRUN exit 9\\n'), build(`${open.host}/shop/broken`)],
    });
    expect(observer.endOf('image').reason).toMatchObject({
      code: 'image-build-failed',
      message: expect.stringContaining('returned a non-zero code: 9'),
    });
  });

  it('says that the context or the Dockerfile is missing', async () => {
    const { observer } = await run({ steps: [sh('write', ['true']), build(`${open.host}/shop/broken`)] });
    expect(observer.endOf('image').reason).toMatchObject({
      code: 'image-build-failed',
      message: expect.stringContaining('/workspace/app'),
    });
  });

  it('pushes with the login of the registry, and says so when it is wrong', async () => {
    const repository = `${closed.host}/shop/api`;
    const steps = [write('FROM cyclone/busybox:local\\n'), build(repository)];
    const [right, wrong] = [uniqueBuildId(), uniqueBuildId()];
    built.push(`${repository}:cyclone-${right}`, `${repository}:cyclone-${wrong}`);
    const good = await run({
      buildId: right,
      steps,
      registries: [{ host: closed.host, username: 'ci', password: 'right-password' }],
    });
    expect(good.result.outcome).toBe('succeeded');
    const bad = await run({
      buildId: wrong,
      steps,
      registries: [{ host: closed.host, username: 'ci', password: 'wrong-password' }],
    });
    expect(bad.observer.endOf('image').reason).toMatchObject({ code: 'registry-denied' });
    expect(bad.observer.textOf('image')).not.toContain('wrong-password');
  });

  it('says that a registry is dead, after some tries', async () => {
    const buildId = uniqueBuildId();
    built.push(`127.0.0.1:9/shop/api:cyclone-${buildId}`);
    const { observer } = await run({
      buildId,
      steps: [write('FROM cyclone/busybox:local\\n'), build('127.0.0.1:9/shop/api')],
    });
    expect(observer.endOf('image').reason).toMatchObject({
      code: 'registry-unavailable',
      message: expect.stringContaining('127.0.0.1:9'),
    });
  });
});
