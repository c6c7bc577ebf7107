import { createHash } from 'node:crypto';
import type { Digest } from '@cyclone/contracts';
import { mongo } from 'mongoose';
import type { ContentStore } from '../content-store.js';
import { DamagedContentError } from '../errors.js';
import type { ContentDocument } from './collections.js';
import { answered } from './mongo-errors.js';

const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** One document per content, named by its digest. MongoDB's own limit holds: 16 MB less a little. */
export class MongoContentStore implements ContentStore {
  constructor(private readonly contents: mongo.Collection<ContentDocument>) {}

  async put(bytes: Uint8Array, mediaType: string): Promise<Digest> {
    const digest = digestOf(bytes);
    const content = { mediaType, bytes: new mongo.Binary(bytes) };
    await answered('put content', () =>
      this.contents.updateOne({ _id: digest }, { $setOnInsert: content }, { upsert: true }),
    );
    return digest;
  }

  async get(digest: Digest): Promise<Uint8Array | undefined> {
    const found = await answered('get content', () => this.contents.findOne({ _id: digest }));
    if (found === null) return undefined;
    const bytes = found.bytes.value();
    if (digestOf(bytes) !== digest) throw new DamagedContentError(digest);
    return bytes;
  }
}
