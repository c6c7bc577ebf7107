import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@cyclone/observability';
import { MongoClient, MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';
import type { InstallationSecrets } from '../secrets/installation-secrets.js';
import { databaseUsers } from '../secrets/installation-secrets.js';
import { mongoUrl, replicaSet } from '../secrets/secret-files.js';

export interface DatabasePreparation {
  /** The first is the one that answers at `localPort` of this network. */
  readonly members: readonly string[];
  readonly database: string;
  readonly secrets: InstallationSecrets;
  readonly logger: Logger;
  readonly localPort?: number;
}

const codes = { authenticationFailed: 18, alreadyInitialized: 23 } as const;
const mongoPort = 27_017;
const answerMsMax = 60_000;
const pollMs = 250;
const rootUser = 'root';

const hasCode = (error: unknown, ...wanted: readonly number[]): boolean =>
  error instanceof MongoServerError && wanted.includes(Number(error.code));

/** Until it is true; what it threw last is told when it never becomes so. */
const until = async (what: string, isTrue: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + answerMsMax;
  let reason: unknown;
  while (performance.now() < deadline) {
    try {
      if (await isTrue()) return;
    } catch (error) {
      reason = error;
    }
    await wait(pollMs);
  }
  throw new Error(`${what} did not happen within ${answerMsMax / 1000} s`, { cause: reason });
};

const withClient = async <Result>(url: string, use: (admin: Db) => Promise<Result>): Promise<Result> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: answerMsMax });
  try {
    return await use(client.db('admin'));
  } finally {
    await client.close();
  }
};

/**
 * A server without users trusts whoever speaks from its own machine: enough to make it a replica set and to make the
 * first user, after which that door is shut.
 */
const openFirstTime = async (admin: Db, { members, secrets, logger }: DatabasePreparation): Promise<void> => {
  const config = { _id: replicaSet, members: [{ _id: 0, host: members[0] }] };
  try {
    await admin.command({ replSetInitiate: config });
    logger.info('the replica set is made', { member: members[0] });
  } catch (error) {
    if (!hasCode(error, codes.alreadyInitialized)) throw error;
  }
  await until('the election of a primary', async () => (await admin.command({ hello: 1 })).isWritablePrimary === true);
  await admin.command({ createUser: rootUser, pwd: secrets.mongoRoot, roles: ['root'] });
};

/** One at a time: each change needs the agreement of most members before the next. */
const addMembers = async (admin: Db, { members, logger }: DatabasePreparation): Promise<void> => {
  for (const host of members) {
    await until(`joining of ${host}`, async () => {
      const { config } = await admin.command({ replSetGetConfig: 1 });
      const known: readonly { _id: number; host: string }[] = config.members;
      if (known.some((other) => other.host === host)) return true;
      const id = Math.max(...known.map(({ _id }) => _id)) + 1;
      const changed = { ...config, version: config.version + 1, members: [...known, { _id: id, host }] };
      await admin.command({ replSetReconfig: changed });
      logger.info('a member joins the replica set', { member: host });
      return true;
    });
  }
};

/** Each service with a password of its own, for Cyclone's database only. */
const ensureUsers = async (admin: Db, { database, secrets }: DatabasePreparation): Promise<void> => {
  for (const user of databaseUsers) {
    const { users } = await admin.command({ usersInfo: user });
    const verb = Array.isArray(users) && users.length > 0 ? 'updateUser' : 'createUser';
    await admin.command({ [verb]: user, pwd: secrets.mongo[user], roles: [{ role: 'readWrite', db: database }] });
  }
};

/** Brings a server to where the services can use it, whatever was done before; run it in the server's own network. */
export const prepareDatabase = async (preparation: DatabasePreparation): Promise<void> => {
  const { members, secrets, logger, localPort = mongoPort } = preparation;
  const local = `127.0.0.1:${localPort}/?directConnection=true`;
  const asRoot = `mongodb://${rootUser}:${secrets.mongoRoot}@${local}&authSource=admin`;
  const hasRoot = await withClient(asRoot, (admin) => admin.command({ ping: 1 })).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, codes.authenticationFailed)) return false;
      throw error;
    },
  );
  if (!hasRoot) await withClient(`mongodb://${local}`, (admin) => openFirstTime(admin, preparation));
  const first = members.slice(0, 1);
  await withClient(mongoUrl(rootUser, secrets.mongoRoot, hasRoot ? members : first), async (admin) => {
    await addMembers(admin, preparation);
    await ensureUsers(admin, preparation);
  });
  logger.info('MongoDB is prepared', { members, database: preparation.database });
};
