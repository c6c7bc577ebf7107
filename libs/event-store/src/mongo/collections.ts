import type { mongo } from 'mongoose';
import { type Connection } from 'mongoose';
import type { StoredCommit } from '../commit.js';

/** Beside the commit: what only this adapter needs. */
export interface CommitDocument extends StoredCommit {
  readonly _id: mongo.ObjectId;
  /** Still without a position; gone afterwards, so that its index holds only what waits. */
  readonly u?: true;
  /** Filled by the server at insert. It respects causality where clients' clocks do not. */
  readonly ts: mongo.Timestamp;
}

export interface ContentDocument {
  readonly _id: string;
  readonly mediaType: string;
  readonly bytes: mongo.Binary;
}

export interface LeaseDocument {
  readonly _id: string;
  readonly holder: string;
  readonly epoch: number;
  readonly expiresAt: Date;
}

export interface Collections {
  readonly commits: mongo.Collection<CommitDocument>;
  readonly contents: mongo.Collection<ContentDocument>;
  readonly leases: mongo.Collection<LeaseDocument>;
}

/** What is acknowledged survives the loss of a minority and every crash; what is read is never taken back. */
const durable = { writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } } as const;

/** The driver's database behind a mongoose connection, once it is connected. */
export const databaseOf = async (connection: Connection): Promise<mongo.Db> => {
  const { db } = await connection.asPromise();
  if (db === undefined) throw new Error('the mongoose connection has no database');
  return db;
};

export const durableCollection = <Document extends mongo.Document>(
  db: mongo.Db,
  name: string,
): mongo.Collection<Document> =>
  db.collection<Document>(name, { ...durable, readPreference: 'primary', ignoreUndefined: true });

/** Opens the store's collections and makes their indexes; those that exist are left alone. */
export const openCollections = async (db: mongo.Db): Promise<Collections> => {
  const commits = durableCollection<CommitDocument>(db, 'commits');
  const positioned = { g: { $exists: true } };
  await commits.createIndexes([
    { name: 'stream_version', key: { s: 1, v: 1 }, unique: true },
    { name: 'stream_command', key: { s: 1, cmd: 1 }, unique: true },
    { name: 'unsequenced', key: { u: 1, ts: 1 }, partialFilterExpression: { u: true } },
    { name: 'position', key: { g: 1 }, unique: true, partialFilterExpression: positioned },
    { name: 'tenant_position', key: { t: 1, g: 1 }, partialFilterExpression: positioned },
  ]);
  return {
    commits,
    contents: durableCollection<ContentDocument>(db, 'contents'),
    leases: durableCollection<LeaseDocument>(db, 'leases'),
  };
};
