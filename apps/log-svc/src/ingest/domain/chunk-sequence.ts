/** Where a chunk stands in the log of its attempt, without its bytes. */
export interface ChunkSpan {
  readonly seq: number;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The part of a log that has no hole: every chunk below `nextSeq` is there, `bytes` long together. `broken`: the next
 * chunk is there too but does not begin where this part ends, so nothing behind it can ever be joined.
 */
export interface ContiguousPrefix {
  readonly nextSeq: number;
  readonly bytes: number;
  readonly broken: boolean;
}

export const emptyPrefix: ContiguousPrefix = { nextSeq: 0, bytes: 0, broken: false };

/** The prefix with these chunks joined on. They come in ascending `seq`; repeated ones and ones behind a hole change nothing. */
export const extendPrefix = (prefix: ContiguousPrefix, chunks: Iterable<ChunkSpan>): ContiguousPrefix => {
  let { nextSeq, bytes, broken } = prefix;
  for (const chunk of chunks) {
    if (broken || chunk.seq > nextSeq) break;
    if (chunk.seq < nextSeq) continue;
    if (chunk.offset !== bytes) {
      broken = true;
    } else {
      nextSeq += 1;
      bytes += chunk.bytes;
    }
  }
  return { nextSeq, bytes, broken };
};

/** The seal's `seq` counts the chunks before it: complete when all of them have been joined. */
export const isComplete = (prefix: ContiguousPrefix, sealSeq: number): boolean =>
  !prefix.broken && prefix.nextSeq >= sealSeq;
