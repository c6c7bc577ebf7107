import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureDockerEngine, ensureImage, openDocker, type BaseImage } from '@cyclone/local-servers';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';

/** The images that set-up makes where none can be pulled, as a pipeline's containers use them. */
describe('the images of a machine without a registry', () => {
  const started: StartedTestContainer[] = [];
  let referenceOf: (image: BaseImage) => Promise<string>;

  beforeAll(async () => {
    const engine = await ensureDockerEngine();
    process.env['DOCKER_HOST'] ??= engine.endpoint;
    // Its cleaner is an image of its own, which would have to be pulled; each container is stopped below.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    const docker = openDocker(engine);
    referenceOf = async (image) => (await ensureImage(docker, image)).reference;
  }, 120_000);
  afterAll(() => Promise.all(started.map((container) => container.stop())));

  const start = async (container: GenericContainer): Promise<StartedTestContainer> => {
    const running = await container.start();
    started.push(running);
    return running;
  };
  const idle = async (image: BaseImage): Promise<StartedTestContainer> =>
    start(new GenericContainer(await referenceOf(image)).withEntrypoint(['/bin/sh', '-c']).withCommand(['sleep 60']));

  it('redis serves', async () => {
    const redis = await start(
      new GenericContainer(await referenceOf('redis'))
        .withExposedPorts(6379)
        .withWaitStrategy(Wait.forLogMessage(/[Rr]eady to accept connections/)),
    );
    const socket = connect(redis.getMappedPort(6379), redis.getHost());
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toBe('+PONG\r\n');
  }, 30_000);

  it.each<[BaseImage, string[], RegExp]>([
    ['node', ['node', '--print', '1 + 1'], /^2\s*$/],
    ['git', ['git', '--version'], /^git version 2\./],
    ['busybox', ['sh', '-c', 'echo $((6 * 7))'], /^42\s*$/],
  ])(
    '%s runs',
    async (image, command, expected) => {
      const container = await idle(image);
      const { output, exitCode } = await container.exec(command);
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringMatching(expected) });
    },
    30_000,
  );
});
