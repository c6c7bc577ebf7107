import { createHash } from 'node:crypto';
import type { Digest } from '@cyclone/contracts';
import type { ContentStore } from '../content-store.js';

export class MemoryContentStore implements ContentStore {
  readonly #contents = new Map<Digest, Uint8Array>();

  async put(bytes: Uint8Array, _mediaType: string): Promise<Digest> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.#contents.set(digest, Uint8Array.from(bytes));
    return digest;
  }

  async get(digest: Digest): Promise<Uint8Array | undefined> {
    const bytes = this.#contents.get(digest);
    return bytes === undefined ? undefined : Uint8Array.from(bytes);
  }
}
