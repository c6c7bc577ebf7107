import { createHash } from 'node:crypto';
import { hash } from 'bcryptjs';
import { natsServerConfig } from '@cyclone/messaging/jetstream';
import type { NatsUser } from '@cyclone/messaging/jetstream';
import { integrationUser } from './integrations.js';
import type { Integration } from './integrations.js';
import { databaseUsers, messageUsers } from './installation-secrets.js';
import type { DatabaseUser, InstallationSecrets } from './installation-secrets.js';

export interface SecretFile {
  /** The container that gets it: its folder's name. */
  readonly recipient: string;
  readonly name: string;
  readonly text: string;
  /** The only user who may read it. */
  readonly owner: number;
}

export interface Surroundings {
  readonly integrations: readonly Integration[];
  readonly mongoMembers: readonly string[];
}

/** Every container runs as this user, but the runner, which must open the engine's socket. */
const ordinaryUser = 1000;
const root = 0;

export const replicaSet = 'cyclone';
export const runnerPool = 'default';
export const registryUser = 'cyclone';
const redisUser = 'cyclone';

/** The registry compares for every request; a password made at random needs no slow hash. */
const bcryptRounds = 5;

export const mongoUrl = (user: string, password: string, members: readonly string[]): string =>
  `mongodb://${user}:${password}@${members.join(',')}/?replicaSet=${replicaSet}&authSource=admin`;

const natsConfig = (secrets: InstallationSecrets, integrations: readonly Integration[]): string => {
  const users: NatsUser[] = [
    ...messageUsers.map((user): NatsUser => ({ role: 'control', user, password: secrets.nats[user] })),
    { role: 'runner', user: 'runner-svc', password: secrets.natsRunner, pool: runnerPool },
    ...integrations.map(({ name, projects }): NatsUser => {
      const password = secrets.natsIntegrations[name];
      if (password === undefined) throw new Error(`the integration ${name} has no password`);
      return { role: 'integration', user: integrationUser(name), password, name, projects };
    }),
  ];
  return natsServerConfig({ users, listen: '0.0.0.0:4222', monitor: '127.0.0.1:8222', storeDir: '/data' });
};

/** A cache and nothing else: no files, and an account that can neither administrate nor run scripts. */
const redisConfig = (password: string): string =>
  [
    'port 6379',
    'dir /tmp',
    'save ""',
    'appendonly no',
    'maxmemory 128mb',
    // Everything in it has an end; what ends first goes first.
    'maxmemory-policy volatile-ttl',
    'user default off',
    `user ${redisUser} on #${createHash('sha256').update(password).digest('hex')} ~cyclone:* +@all -@admin -@dangerous -@scripting +info`,
    '',
  ].join('\n');

/** JSON is YAML. */
const registryConfig = (secrets: InstallationSecrets): string =>
  JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: '/data' }, delete: { enabled: true } },
    http: { addr: '0.0.0.0:5000', secret: secrets.registryHttp },
    auth: { htpasswd: { realm: 'cyclone', path: '/run/cyclone/htpasswd' } },
  });

const filesOfService = (
  service: DatabaseUser,
  secrets: InstallationSecrets,
  members: readonly string[],
): readonly SecretFile[] => {
  const file = (name: string, text: string): SecretFile => ({ recipient: service, name, text, owner: ordinaryUser });
  return [
    file('mongo-url', mongoUrl(service, secrets.mongo[service], members)),
    file('nats-password', secrets.nats[service]),
  ];
};

/** Who gets to know what: nobody more than it needs. */
export const secretFiles = async (
  secrets: InstallationSecrets,
  { integrations, mongoMembers }: Surroundings,
): Promise<readonly SecretFile[]> => {
  const file = (recipient: string, name: string, text: string, owner = ordinaryUser): SecretFile => {
    return { recipient, name, text, owner };
  };
  return [
    file('mongo', 'keyfile', secrets.mongoKeyFile),
    file('nats', 'nats-server.conf', natsConfig(secrets, integrations)),
    file('redis', 'redis.conf', redisConfig(secrets.redis)),
    file('registry', 'config.yml', registryConfig(secrets)),
    file('registry', 'htpasswd', `${registryUser}:${await hash(secrets.registry, bcryptRounds)}\n`),
    ...databaseUsers.flatMap((service) => filesOfService(service, secrets, mongoMembers)),
    file('gateway', 'redis-url', `redis://${redisUser}:${secrets.redis}@redis:6379`),
    file('pipeline-svc', 'master-key', secrets.masterKey),
    file('runner-svc', 'nats-password', secrets.natsRunner, root),
  ];
};
