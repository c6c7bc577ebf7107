import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDockerEngine, openDocker } from '@cyclone/local-servers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { openComposeProject } from '../harness/compose/compose-project.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const firstInstallMs = 120_000;

/** As compose prints a file that it has accepted; both generations of the program. */
const Service = z.object({
  image: z.string(),
  build: z.object({ target: z.string() }).optional(),
  restart: z.string(),
  read_only: z.literal(true),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  logging: z.object({ options: z.record(z.string(), z.string()) }),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  network_mode: z.string().optional(),
  networks: z.record(z.string(), z.unknown()).optional(),
  ports: z.array(z.unknown()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
});
const ComposeFile = z.object({ services: z.record(z.string(), Service) });

const oneShots = ['setup', 'setup-mongo', 'setup-nats'];
let plain: z.output<typeof ComposeFile>;
let withThree: z.output<typeof ComposeFile>;

const accepted = async (...files: readonly string[]): Promise<z.output<typeof ComposeFile>> => {
  const docker = openDocker(await ensureDockerEngine());
  const project = await openComposeProject({ docker, name: 'never-started', folder: root, files, environment: {} });
  return ComposeFile.parse(parse(await project.compose('config')));
};

beforeAll(async () => {
  plain = await accepted('docker-compose.yml');
  withThree = await accepted('docker-compose.yml', 'deploy/compose/three-members.yml');
}, firstInstallMs);

describe('docker-compose.yml', () => {
  test('is accepted by compose, also with three members of MongoDB', () => {
    expect(Object.keys(plain.services).sort()).toEqual(
      [
        ...oneShots,
        'gateway',
        'log-svc',
        'mongo',
        'nats',
        'notify-svc',
        'pipeline-svc',
        'redis',
        'registry',
        'runner-svc',
      ].sort(),
    );
    expect(Object.keys(withThree.services)).toEqual(expect.arrayContaining(['mongo-2', 'mongo-3']));
  });

  test('gives every container bounded logs and no rights that it does not need', () => {
    for (const service of Object.values(withThree.services)) {
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      expect(Object.keys(service.logging.options).sort()).toEqual(['max-file', 'max-size']);
    }
  });

  test('restarts what serves, and ends what prepares', () => {
    for (const [name, { restart }] of Object.entries(withThree.services)) {
      expect([name, restart]).toEqual([name, oneShots.includes(name) ? 'on-failure' : 'unless-stopped']);
    }
  });

  test('checks the health of everything: servers by their own means, services as their image says', async () => {
    const dockerfile = await readFile(join(root, 'deploy/images/Dockerfile'), 'utf8');
    expect(dockerfile).toContain('HEALTHCHECK --interval');
    for (const [name, { build, healthcheck }] of Object.entries(withThree.services)) {
      if (!oneShots.includes(name))
        expect([name, healthcheck !== undefined || build !== undefined]).toEqual([name, true]);
    }
  });

  test('keeps the runner away from the databases, and the databases from the world', () => {
    const networksOf = (name: string): string[] => Object.keys(plain.services[name]?.networks ?? {}).sort();
    expect(networksOf('runner-svc')).toEqual(['messages', 'outside']);
    for (const server of ['mongo', 'redis']) expect(networksOf(server)).toEqual(['data']);
    const published = Object.entries(plain.services).filter(([, { ports }]) => ports.length > 0);
    expect(published.map(([name]) => name).sort()).toEqual(['gateway', 'registry']);
  });

  test('has every target of the Dockerfile that it names, and no secret as a value', async () => {
    const dockerfile = await readFile(join(root, 'deploy/images/Dockerfile'), 'utf8');
    const targets = [...dockerfile.matchAll(/^FROM runtime AS (\S+)$/gm)].flatMap(([, name]) => name ?? []);
    const named = Object.values(plain.services).flatMap(({ build }) => build?.target ?? []);
    expect([...new Set(named)].sort()).toEqual(targets.sort());
    const variables = Object.values(withThree.services).flatMap(({ environment }) => Object.entries(environment));
    const secrets = variables.filter(
      ([name, value]) => /PASSWORD|KEY|TOKEN|SECRET|MONGO_URL|REDIS_URL/.test(name) && value !== '',
    );
    expect(secrets.filter(([name]) => !name.endsWith('_FILE'))).toEqual([]);
  });
});
