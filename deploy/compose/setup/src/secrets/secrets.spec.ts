import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@cyclone/testing';
import { compare } from 'bcryptjs';
import { describe, expect, test } from '@jest/globals';
import { showLogin } from '../show-login.js';
import { completeSecrets, databaseUsers } from './installation-secrets.js';
import type { InstallationSecrets } from './installation-secrets.js';
import { parseIntegrations } from './integrations.js';
import { keepSecrets, readSecrets } from './keep-secrets.js';
import { secretFiles } from './secret-files.js';

const random = (bytes: number, encoding: 'base64' | 'base64url'): string => randomBytes(bytes).toString(encoding);
const makeSecrets = (integrations: readonly string[] = []): InstallationSecrets =>
  completeSecrets({}, integrations, random);

const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

describe('integrations', () => {
  test.each([
    ['', []],
    ['chat', [{ name: 'chat', projects: undefined }]],
    [
      'chat, audit=shop+docs',
      [
        { name: 'chat', projects: undefined },
        { name: 'audit', projects: ['shop', 'docs'] },
      ],
    ],
  ])('%j', (text, expected) => {
    expect(parseIntegrations(text)).toEqual(expected);
  });

  test.each([
    ['chat=>', '">"'],
    ['chat=', '""'],
    ['a.b', '"a.b"'],
    ['chat=*', '"*"'],
    ['chat,chat', 'twice'],
  ])('%j is refused: a name becomes part of what the broker allows', (text, why) => {
    expect(parseIntegrations(text)).toContain(why);
  });
});

describe('the secrets of an installation', () => {
  test('are all different, and long', () => {
    const texts = textsOf(makeSecrets(['chat']));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.filter((text) => text.length < 32)).toEqual([]);
  });

  test('stay as they are; only what is missing is made', () => {
    const before = makeSecrets(['chat']);
    const { redis: _redis, ...older } = before;
    const { redis, ...rest } = completeSecrets(older, ['chat'], random);
    expect(rest).toEqual(older);
    expect(redis).not.toBe(before.redis);
  });

  test('of an integration end with it', () => {
    const { natsIntegrations } = completeSecrets(makeSecrets(['chat', 'audit']), ['audit'], random);
    expect(Object.keys(natsIntegrations)).toEqual(['audit']);
  });

  test('are kept for their owner only, and never replaced where they cannot be read', async () => {
    await using folder = await temporaryFolder('setup');
    const secrets = await keepSecrets(folder.path, ['chat']);
    expect(await keepSecrets(folder.path, ['chat'])).toEqual(secrets);
    expect(await readSecrets(folder.path)).toEqual(secrets);
    const file = join(folder.path, 'kept', 'secrets.json');
    expect((await stat(file)).mode & 0o777).toBe(0o400);
    const damaged = (await readFile(file, 'utf8')).slice(0, 40);
    await writeFile(`${file}.new`, damaged);
    await rename(`${file}.new`, file);
    await expect(keepSecrets(folder.path, [])).rejects.toThrow('put a backup of it in its place');
    expect(await readFile(file, 'utf8')).toBe(damaged);
  });
});

describe('the files of secrets', () => {
  const integrations = [{ name: 'chat', projects: ['shop'] }];
  const filesOf = (secrets: InstallationSecrets) =>
    secretFiles(secrets, { integrations, mongoMembers: ['mongo:27017', 'mongo-2:27017'] });

  test('tell nobody what is for another', async () => {
    const secrets = makeSecrets(['chat']);
    const files = await filesOf(secrets);
    const holders = (secret: string): string[] => [
      ...new Set(files.filter(({ text }) => text.includes(secret)).map(({ recipient }) => recipient)),
    ];
    expect(holders(secrets.masterKey)).toEqual(['pipeline-svc']);
    expect(holders(secrets.mongoKeyFile)).toEqual(['mongo']);
    expect(holders(secrets.mongoRoot)).toEqual([]);
    for (const service of databaseUsers) {
      expect(holders(secrets.mongo[service])).toEqual([service]);
      expect(holders(secrets.nats[service])).toEqual(['nats', service]);
    }
    expect(holders(secrets.natsRunner)).toEqual(['nats', 'runner-svc']);
    // The servers themselves know hashes.
    expect(holders(secrets.redis)).toEqual(['gateway']);
    expect(holders(secrets.registry)).toEqual([]);
  });

  test("give MongoDB's address with all members, and the registry a hash that fits", async () => {
    const secrets = makeSecrets(['chat']);
    const files = await filesOf(secrets);
    const text = (recipient: string, name: string): string =>
      files.find((file) => file.recipient === recipient && file.name === name)?.text ?? '';
    expect(text('log-svc', 'mongo-url')).toBe(
      `mongodb://log-svc:${secrets.mongo['log-svc']}@mongo:27017,mongo-2:27017/?replicaSet=cyclone&authSource=admin`,
    );
    const [user, hash = ''] = text('registry', 'htpasswd').trim().split(':');
    expect(user).toBe('cyclone');
    expect(await compare(secrets.registry, hash)).toBe(true);
  });
});

describe('showing a login', () => {
  test('gives what was asked for, or says what can be', () => {
    const secrets = makeSecrets(['chat']);
    expect(showLogin(secrets, 'integration:chat')).toEqual({
      login: { user: 'integration-chat', password: secrets.natsIntegrations['chat'] },
    });
    expect(showLogin(secrets, 'integration:other')).toEqual({
      problem: 'show one of: registry, mongo, integration:chat',
    });
    expect(showLogin(secrets, undefined)).toHaveProperty('problem');
  });
});
