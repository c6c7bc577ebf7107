import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type Docker from 'dockerode';
import { ensureDockerEngine, openDocker } from '../servers/docker-engine.js';
import { ensureImage } from './ensure-image.js';
import { makeImage } from './make-image.js';

const FIRST_START_MS = 5 * 60_000;

let docker: Docker;
const reference = `cyclone/spec-${randomUUID().slice(0, 8)}:local`;

beforeAll(async () => {
  docker = openDocker(await ensureDockerEngine());
}, FIRST_START_MS);

afterAll(async () => {
  await docker
    .getImage(reference)
    .remove({ force: true })
    .catch(() => undefined);
});

async function outputOf(image: string, script: string): Promise<string> {
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not removed by the engine itself: it may be quicker than the question how the program ended.
  const [result, container] = await docker.run(image, ['-c', script], output, {
    Entrypoint: ['sh'],
    Tty: true,
    HostConfig: { NetworkMode: 'none' },
  });
  await container.remove({ force: true });
  const text = Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n').trim();
  if (result.StatusCode !== 0) throw new Error(`exit code ${result.StatusCode}: ${text}`);
  return text;
}

describe('base images', () => {
  test(
    'busybox has a shell and its tools',
    async () => {
      const { reference: image } = await ensureImage(docker, 'busybox');
      expect(await outputOf(image, 'echo one two | cut -d" " -f2; env true && echo yes')).toBe('two\nyes');
    },
    FIRST_START_MS,
  );

  test(
    'git clones, and speaks https with certificates',
    async () => {
      const { reference: image } = await ensureImage(docker, 'git');
      const script = [
        'cd /tmp && git init -q origin && cd origin',
        'git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first',
        'git clone -q file:///tmp/origin /tmp/copy && git -C /tmp/copy log --format=%s',
        // Without a network the name is the problem, and not a helper or certificates that are missing.
        'git ls-remote https://example.invalid/x 2>&1 | grep -c "resolve host"',
      ];
      expect(await outputOf(image, script.join(' && '))).toBe('first\n1');
    },
    FIRST_START_MS,
  );

  test(
    'node runs a script and a child process',
    async () => {
      const { reference: image } = await ensureImage(docker, 'node');
      const script = `node -p '"2 " + require("node:child_process").execSync("echo hi")'`;
      expect(await outputOf(image, script)).toBe('2 hi');
    },
    FIRST_START_MS,
  );

  test('are there the second time', async () => {
    await ensureImage(docker, 'busybox');
    expect(await ensureImage(docker, 'busybox')).toMatchObject({
      reference: 'cyclone/busybox:local',
      way: 'present',
    });
  });
});

describe('making an image', () => {
  test('is done once for the same content, and again for another', async () => {
    const withText = (text: string) => ({
      reference,
      files: [{ kind: 'text' as const, path: 'etc/motto', text }],
      changes: ['ENV MOTTO="in two words"', 'CMD ["/none"]'],
    });
    expect(await makeImage(docker, withText('one'))).toBe('made');
    expect(await makeImage(docker, withText('one'))).toBe('present');
    const { Id: replaced } = await docker.getImage(reference).inspect();
    expect(await makeImage(docker, withText('two'))).toBe('made');
    await expect(docker.getImage(replaced).inspect()).rejects.toMatchObject({ statusCode: 404 });
    const { Config } = await docker.getImage(reference).inspect();
    expect(Config).toMatchObject({ Env: ['MOTTO=in two words'], Cmd: ['/none'] });
  });

  test('fails where a file cannot be read', async () => {
    const files = [{ kind: 'copy' as const, path: 'x', from: '/nowhere/at/all' }];
    await expect(makeImage(docker, { reference, files, changes: [] })).rejects.toThrow('/nowhere/at/all');
  });
});
