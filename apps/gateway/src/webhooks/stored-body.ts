import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Digest } from '@cyclone/contracts';
import type { ContentStore } from '@cyclone/event-store';
import { ProblemError } from '../http/problem-error.js';

/** The store takes 16 MB at most; a large body is JSON and shrinks to a fraction. */
const plainBytesMax = 4 * 1024 * 1024;
const storedBytesMax = 15 * 1024 * 1024;
export const bodyBytesMax = 25 * 1024 * 1024;

export const storeBody = async (contents: ContentStore, body: Uint8Array, mediaType: string): Promise<Digest> => {
  if (body.length <= plainBytesMax) return contents.put(body, mediaType);
  const packed = await promisify(gzip)(body, { level: 1 });
  if (packed.length > storedBytesMax)
    throw new ProblemError(413, 'too-large', 'the body does not fit in the store, not even compressed');
  return contents.put(packed, 'application/gzip');
};

/** No delivery begins like a gzip file: it would be neither JSON nor a form. */
const isPacked = (bytes: Uint8Array): boolean =>
  bytes.length > plainBytesMax / 1000 && bytes[0] === 0x1f && bytes[1] === 0x8b;

export const readStoredBody = async (contents: ContentStore, digest: Digest): Promise<Uint8Array> => {
  const bytes = await contents.get(digest);
  if (bytes === undefined) throw new Error(`the body ${digest} of a delivery is not in the store`);
  return isPacked(bytes) ? promisify(gunzip)(bytes, { maxOutputLength: bodyBytesMax }) : bytes;
};
