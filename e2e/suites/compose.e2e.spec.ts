import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProjectId, routes } from '@cyclone/contracts';
import { ensureDockerEngine, ensureImage, freePort, openDocker } from '@cyclone/local-servers';
import { eventually, temporaryFolder } from '@cyclone/testing';
import type { TemporaryFolder } from '@cyclone/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type Docker from 'dockerode';
import { createApi } from '../harness/api.js';
import type { Api } from '../harness/api.js';
import { ensureBaseImages } from '../harness/compose/base-images.js';
import { copyCheckout } from '../harness/compose/checkout.js';
import { openComposeProject } from '../harness/compose/compose-project.js';
import type { ComposeProject } from '../harness/compose/compose-project.js';
import { githubHeaders, hookPath, postHook, pushBody } from '../harness/hooks.js';
import { readLogSocket, textOf } from '../harness/log-socket.js';
import { createRepository } from '../harness/repository.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const minuteMs = 60_000;
/** A cold start makes all images: about four minutes of two cores, most of it npm. Layers stay for the next run. */
const coldStartMs = 12 * minuteMs;
const readyMs = 3 * minuteMs;

const oneShots = ['setup', 'setup-mongo', 'setup-nats'];
const projectId = ProjectId.parse('hello');

let docker: Docker;
let folder: TemporaryFolder;
let project: ComposeProject;
let registryHost: string;
let gatewayUrl: string;
let token: string;
let api: Api;

const isWell = async (): Promise<void> => {
  for (const [name, { exitCode, health, status }] of await project.services()) {
    const state = oneShots.includes(name) ? `${status} ${exitCode}` : `${status} ${health ?? 'without health check'}`;
    const wanted = oneShots.includes(name) ? 'exited 0' : 'running healthy';
    if (state !== wanted) throw new Error(`${name} is ${state}:\n${await project.compose('logs', '--tail=30', name)}`);
  }
};

const loginOf = async (what: string): Promise<{ user: string; password: string }> => {
  const shown = await project.compose('run', '--rm', 'setup', 'show', what);
  const value = (name: string): string => new RegExp(`^${name}: (.+?)\\r?$`, 'm').exec(shown)?.[1] ?? '';
  return { user: value('user'), password: value('password') };
};

beforeAll(async () => {
  docker = openDocker(await ensureDockerEngine());
  folder = await temporaryFolder('compose');
  const checkout = join(folder.path, 'cyclone');
  const [images, gatewayPort, registryPort] = await Promise.all([
    ensureBaseImages(docker),
    freePort(),
    freePort(),
    ensureImage(docker, 'busybox'),
    copyCheckout(root, checkout),
    mkdir(join(folder.path, 'git')),
  ]);
  const repositories = join(folder.path, 'git');
  const override = { services: { 'pipeline-svc': { volumes: [`${repositories}:${repositories}:ro`] } } };
  // JSON is YAML.
  await writeFile(join(checkout, 'repositories.yml'), JSON.stringify(override));
  registryHost = `127.0.0.1:${registryPort}`;
  gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  project = await openComposeProject({
    docker,
    name: `cyclone-spec-${randomUUID().slice(0, 8)}`,
    folder: checkout,
    files: ['docker-compose.yml', 'repositories.yml'],
    environment: {
      ...images,
      CYCLONE_VERSION: 'spec',
      CYCLONE_GATEWAY_PORT: String(gatewayPort),
      CYCLONE_REGISTRY_PORT: String(registryPort),
      CYCLONE_PUBLIC_URL: gatewayUrl,
      CYCLONE_ALLOWED_HOSTS: repositories,
      CYCLONE_INTEGRATIONS: `chat=${projectId}`,
      CYCLONE_MONGO_CACHE_GB: '0.25',
    },
  });
  await project.compose('build');
  await project.compose('up', '--detach');
  await eventually(isWell, { timeoutMs: readyMs, intervalMs: 1_000 });
  token = (await project.compose('exec', '-T', 'gateway', 'cat', '/var/lib/cyclone/first-token')).trim();
  api = createApi(gatewayUrl, token);
}, coldStartMs);

afterAll(async () => {
  await project?.down();
  await folder?.dispose();
}, 2 * minuteMs);

/** Every secret of the installation, as the setup keeps them. */
const keptSecrets = async (): Promise<readonly string[]> => {
  const show = ['run', '--rm', '--entrypoint', 'cat', 'setup', '/setup/kept/secrets.json'];
  const kept: unknown = JSON.parse(await project.compose(...show));
  const texts = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  return texts(kept);
};

describe('docker-compose.yml on a real engine', () => {
  test('opens no port but the gateway and the registry, both on loopback', async () => {
    const containers = await docker.listContainers({
      filters: { label: [`com.docker.compose.project=${project.name}`] },
    });
    const open = containers.flatMap(({ Labels, Ports }) =>
      Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(
        ({ IP }) => `${Labels['com.docker.compose.service']} at ${IP}`,
      ),
    );
    expect(open.sort()).toEqual(['gateway at 127.0.0.1', 'registry at 127.0.0.1']);
  });

  test('answers nobody without a token', async () => {
    expect((await fetch(`${gatewayUrl}/api/v1/version`)).status).toBe(401);
    expect((await api.fetch('/api/v1/version')).status).toBe(200);
    expect((await fetch(`http://${registryHost}/v2/_catalog`)).status).toBe(401);
  });

  test(
    'shows no secret in what the engine tells of a container, and keeps them at the next start',
    async () => {
      const secrets = await keptSecrets();
      expect(secrets.length).toBeGreaterThan(10);
      const states = [...(await project.services()).values()];
      for (const { id } of states) {
        const inspected = JSON.stringify(await docker.getContainer(id).inspect());
        expect(secrets.filter((secret) => inspected.includes(secret))).toEqual([]);
      }
      await project.compose('run', '--rm', 'setup', 'secrets');
      expect(await keptSecrets()).toEqual(secrets);
    },
    minuteMs,
  );

  test(
    'builds a push end to end: hook, containers, log, image in the registry',
    async () => {
      const repository = await createRepository(join(folder.path, 'git'), 'hello');
      const { user, password } = await loginOf('registry');
      const { hook } = await api.call(routes.createProject, {
        body: {
          id: projectId,
          name: 'Hello',
          repository: { url: repository.barePath, forge: 'github' },
          imageRepository: `${registryHost}/hello`,
          registries: [{ host: registryHost, username: user }],
          credentials: { registries: { [registryHost]: password } },
        },
      });
      const pipelineFile = [
        'steps:',
        '  - name: greet',
        '    image: cyclone/busybox:local',
        '    commands: [cat motto, "echo second line"]',
        '  - name: image',
        '    stage: build',
        '    build: { context: ., dockerfile: Dockerfile, tags: [latest] }',
      ];
      const after = await repository.push({
        'cyclone.yaml': `${pipelineFile.join('\n')}\n`,
        Dockerfile: 'FROM cyclone/busybox:local\nCOPY motto /motto\n',
        motto: 'hello from compose\n',
      });
      const body = JSON.stringify(pushBody({ ref: 'refs/heads/main', after }));
      const answer = await postHook({ url: gatewayUrl }, hookPath({ id: projectId }, 'github'), body, {
        ...githubHeaders(hook.secret ?? '', body),
      });
      expect(answer).toMatchObject({ status: 202 });
      const [buildId] = await api.buildsOf(projectId, 1);
      if (buildId === undefined) throw new Error('there is no build');
      const frames = await readLogSocket({ url: gatewayUrl, token }, buildId, { timeoutMs: minuteMs });
      const build = await api.finishedBuild(buildId);
      expect(frames.at(-1)).toMatchObject({ kind: 'end', outcome: 'succeeded', logs: 'complete' });
      const greet = build.jobs.flatMap(({ steps }) => steps).find(({ name }) => name === 'greet');
      expect(textOf(frames, greet?.id ?? '')).toMatch(/hello from compose\n(.*\n)*?second line/);
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      const manifest = await fetch(`http://${registryHost}/v2/hello/manifests/latest`, {
        headers: { authorization, accept: 'application/vnd.docker.distribution.manifest.v2+json' },
      });
      expect(manifest.headers.get('docker-content-digest')).toBe(build.images[0]?.digest);
    },
    2 * minuteMs,
  );

  test(
    'leaves nothing when it is taken down with its volumes',
    async () => {
      const runners = await api.call(routes.listRunners, {});
      const [runner] = runners.items;
      await project.down();
      expect(await project.leftovers()).toEqual([]);
      const filters = { label: [`cyclone.runner=${runner?.id}`] };
      expect((await docker.listContainers({ all: true, filters })).flatMap(({ Names }) => Names)).toEqual([]);
      expect((await docker.listNetworks({ filters })).map(({ Name }) => Name)).toEqual([]);
      expect((await docker.listVolumes({ filters })).Volumes.map(({ Name }) => Name)).toEqual([]);
    },
    2 * minuteMs,
  );
});
