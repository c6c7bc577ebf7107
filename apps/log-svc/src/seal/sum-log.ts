import { crc32 } from 'node:zlib';
import type { LogAttempt, LogStore } from '../store/log-store.js';
import type { StoredSum } from './domain/log-decider.js';

const newLine = 10;

const countNewLines = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(newLine); at !== -1; at = bytes.indexOf(newLine, at + 1)) count += 1;
  return count;
};

/** Reads the whole log back, a few chunks in memory at a time: what is summed is what is really stored. */
export const sumLog = async (store: LogStore, attempt: LogAttempt): Promise<StoredSum> => {
  const sum = { bytes: 0, crc32: 0, lines: 0 };
  for await (const { data } of store.chunksOf(attempt)) {
    sum.bytes += data.byteLength;
    sum.crc32 = crc32(data, sum.crc32);
    sum.lines += countNewLines(data);
  }
  return sum;
};
