import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { CredentialKey, SecretName } from '@cyclone/contracts';
import { testMongo, type TestMongo } from '@cyclone/testing/servers';
import mongoose, { type Connection, type mongo } from 'mongoose';
import { projectId } from '../testing/build-samples.js';
import { MongoSecretVault } from './mongo.secret-vault.js';
import type { VaultEntry } from './secret-vault.js';

let server: TestMongo;
let connection: Connection;
let database: mongo.Db;
const masterKey = randomBytes(32);
const token: VaultEntry = { projectId, kind: 'secret', name: SecretName.parse('clone') };
const clone: VaultEntry = { projectId, kind: 'credential', name: CredentialKey.parse('clone') };

beforeAll(async () => {
  server = await testMongo();
  connection = await mongoose.createConnection(server.uri, { dbName: server.dbName }).asPromise();
  if (connection.db === undefined) throw new Error('the connection has no database');
  database = connection.db;
}, 120_000);
afterAll(async () => {
  await connection.close();
  await server.dispose();
});

const open = async (key: Uint8Array = masterKey): Promise<MongoSecretVault> => {
  const vault = new MongoSecretVault(database, key);
  await vault.prepare();
  return vault;
};

describe('the vault', () => {
  it('keeps every version, apart by kind', async () => {
    const vault = await open();
    expect(await vault.store(token, 0, 'one')).toBe(1);
    expect(await vault.store(token, 0, 'two')).toBe(2);
    expect(await vault.store(token, 7, 'eight')).toBe(8);
    expect(await vault.store(clone, 0, 'other')).toBe(1);
    expect(
      await Promise.all([vault.read(token, 1), vault.read(token, 2), vault.read(token, 8), vault.read(clone, 1)]),
    ).toEqual(['one', 'two', 'eight', 'other']);
    expect(await vault.read(token, 3)).toBeUndefined();
  });
  it('gives writers at the same moment versions of their own', async () => {
    const vault = await open();
    const versions = await Promise.all(
      Array.from({ length: 10 }, (_, index) => vault.store(token, 0, `value ${index}`)),
    );
    expect(new Set(versions).size).toBe(10);
    expect(await vault.read(token, versions[3] ?? 0)).toBe('value 3');
  });
  it('holds no value in clear', async () => {
    const vault = await open();
    await vault.store(token, 0, 'very-secret-value');
    const stored = await database.collection('pipeline_secrets').find().toArray();
    expect(mongoose.mongo.BSON.serialize({ stored }).toString()).not.toContain('very-secret-value');
  });
  it('opens nothing with another master key, and nothing that was moved', async () => {
    const vault = await open();
    const version = await vault.store(clone, 0, 'mine');
    await expect((await open(randomBytes(32))).read(clone, version)).rejects.toMatchObject({ code: 'damaged-secret' });
    await database.collection('pipeline_secrets').updateOne({ kind: 'credential', version }, { $set: { version: 99 } });
    await expect(vault.read(clone, 99)).rejects.toMatchObject({ code: 'damaged-secret' });
  });
});
