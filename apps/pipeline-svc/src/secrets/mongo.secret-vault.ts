import mongoose, { type mongo } from 'mongoose';
import { deriveKey, openValue, sealValue } from './envelope-encryption.js';
import { DamagedSecretError, type SecretVault, type VaultEntry } from './secret-vault.js';

interface StoredBytes {
  readonly nonce: mongo.Binary;
  readonly tag: mongo.Binary;
  readonly bytes: mongo.Binary;
}

interface StoredSecret {
  readonly projectId: string;
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  readonly key: StoredBytes;
  readonly value: StoredBytes;
}

const duplicateKey = 11000;
const collisionsMax = 20;

/** One document per version, written once: two writers of one version cannot both win. */
export class MongoSecretVault implements SecretVault {
  readonly #secrets: mongo.Collection<StoredSecret>;
  readonly #wrappingKey: Buffer;

  constructor(database: mongo.Db, masterKey: Uint8Array) {
    this.#secrets = database.collection<StoredSecret>('pipeline_secrets', { writeConcern: { w: 'majority', j: true } });
    this.#wrappingKey = deriveKey(masterKey, 'secret-wrapping-key/1');
  }

  async prepare(): Promise<void> {
    await this.#secrets.createIndex({ projectId: 1, kind: 1, name: 1, version: -1 }, { unique: true });
  }

  async store(entry: VaultEntry, aboveVersion: number, value: string): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const version = Math.max(aboveVersion, await this.#highestVersion(entry)) + 1;
      const sealed = sealValue(this.#wrappingKey, value, aboutOf(entry, version));
      try {
        await this.#secrets.insertOne({
          ...keyOf(entry),
          version,
          key: toStored(sealed.key),
          value: toStored(sealed.value),
        });
        return version;
      } catch (error) {
        if (!isDuplicateKey(error) || attempt === collisionsMax) throw error;
      }
    }
  }

  async read(entry: VaultEntry, version: number): Promise<string | undefined> {
    const stored = await this.#secrets.findOne({ ...keyOf(entry), version });
    if (stored === null) return undefined;
    try {
      const sealed = { key: fromStored(stored.key), value: fromStored(stored.value) };
      return openValue(this.#wrappingKey, sealed, aboutOf(entry, version));
    } catch (cause) {
      throw new DamagedSecretError(entry, version, { cause });
    }
  }

  async #highestVersion(entry: VaultEntry): Promise<number> {
    const newest = await this.#secrets.findOne(keyOf(entry), { sort: { version: -1 }, projection: { version: 1 } });
    return newest?.version ?? 0;
  }
}

const keyOf = ({ projectId, kind, name }: VaultEntry) => ({ projectId: String(projectId), kind, name: String(name) });

const aboutOf = (entry: VaultEntry, version: number): string =>
  JSON.stringify([entry.projectId, entry.kind, entry.name, version]);

const toStored = (sealed: { nonce: Buffer; tag: Buffer; bytes: Buffer }): StoredBytes => ({
  nonce: binary(sealed.nonce),
  tag: binary(sealed.tag),
  bytes: binary(sealed.bytes),
});

const fromStored = (stored: StoredBytes) => ({
  nonce: Buffer.from(stored.nonce.buffer),
  tag: Buffer.from(stored.tag.buffer),
  bytes: Buffer.from(stored.bytes.buffer),
});

const binary = (bytes: Buffer): mongo.Binary => new mongoose.mongo.Binary(bytes);

const isDuplicateKey = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === duplicateKey;
