import { z } from 'zod';

/** Services with an account of their own in MongoDB. */
export const databaseUsers = ['gateway', 'pipeline-svc', 'log-svc', 'notify-svc'] as const;
export type DatabaseUser = (typeof databaseUsers)[number];

/** Users of NATS that are Cyclone's own parts. */
export const messageUsers = [...databaseUsers, 'setup'] as const;

const secret = z.string().min(20);

/** What is made once and kept; all files are written from it, at every start anew. */
export const InstallationSecrets = z.object({
  masterKey: secret,
  mongoKeyFile: secret,
  mongoRoot: secret,
  mongo: z.record(z.enum(databaseUsers), secret),
  nats: z.record(z.enum(messageUsers), secret),
  natsRunner: secret,
  natsIntegrations: z.record(z.string(), secret),
  redis: secret,
  registry: secret,
  registryHttp: secret,
});
export type InstallationSecrets = z.output<typeof InstallationSecrets>;

/** An earlier version may have kept fewer. */
export const KeptSecrets = InstallationSecrets.extend({
  mongo: z.partialRecord(z.enum(databaseUsers), secret),
  nats: z.partialRecord(z.enum(messageUsers), secret),
}).partial();
export type KeptSecrets = z.output<typeof KeptSecrets>;

export type RandomText = (bytes: number, encoding: 'base64' | 'base64url') => string;

const passwordBytes = 24;
const masterKeyBytes = 32;
/** mongod takes 6 to 1024 characters. */
const keyFileBytes = 512;

/** Keeps what there is and makes what is missing; passwords of integrations that are gone are dropped. */
export const completeSecrets = (
  kept: KeptSecrets,
  integrations: readonly string[],
  random: RandomText,
): InstallationSecrets => {
  const password = (): string => random(passwordBytes, 'base64url');
  const passwords = <Name extends string>(
    names: readonly Name[],
    known: Readonly<Partial<Record<string, string>>> = {},
  ): [Name, string][] => names.map((name) => [name, known[name] ?? password()]);
  return InstallationSecrets.parse({
    masterKey: kept.masterKey ?? random(masterKeyBytes, 'base64'),
    mongoKeyFile: kept.mongoKeyFile ?? random(keyFileBytes, 'base64'),
    mongoRoot: kept.mongoRoot ?? password(),
    mongo: Object.fromEntries(passwords(databaseUsers, kept.mongo)),
    nats: Object.fromEntries(passwords(messageUsers, kept.nats)),
    natsRunner: kept.natsRunner ?? password(),
    natsIntegrations: Object.fromEntries(passwords(integrations, kept.natsIntegrations)),
    redis: kept.redis ?? password(),
    registry: kept.registry ?? password(),
    registryHttp: kept.registryHttp ?? password(),
  });
};
