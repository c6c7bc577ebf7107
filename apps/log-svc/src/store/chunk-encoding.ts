import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Below this a chunk is not worth the trip through the thread pool. */
const gzipFromBytes = 2 * 1024;
/** Kept compressed only when at least a tenth is won: reading back costs too. */
const worthwhileShare = 0.9;

export interface EncodedChunk {
  readonly gz: boolean;
  readonly data: Uint8Array;
}

export const encodeChunk = async (data: Uint8Array): Promise<EncodedChunk> => {
  if (data.byteLength < gzipFromBytes) return { gz: false, data };
  const small = await compress(data, { level: constants.Z_BEST_SPEED });
  return small.byteLength < data.byteLength * worthwhileShare ? { gz: true, data: small } : { gz: false, data };
};

/** `bytesMax` bounds what a damaged or forged chunk may unfold to. */
export const decodeChunk = async (chunk: EncodedChunk, bytesMax: number): Promise<Uint8Array> =>
  chunk.gz ? decompress(chunk.data, { maxOutputLength: bytesMax }) : chunk.data;
