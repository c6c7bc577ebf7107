import type { LogSummary } from '@cyclone/contracts';
import type { OutputStream, RawOffsets } from './output-sink.js';

/**
 * Where a step's log stands after a chunk: enough to go on from there in another process as if nothing had happened.
 */
export interface LogPosition {
  readonly nextSeq: number;
  /** Bytes stored so far: the next chunk's offset. */
  readonly bytes: number;
  readonly lines: number;
  readonly crc32: number;
  readonly truncated: boolean;
  /** Raw bytes whose masked form lies wholly below `bytes`. */
  readonly raw: RawOffsets;
  /** Length so far of the line that each stream is in, for the cap on lines. */
  readonly openLine: Readonly<Record<OutputStream, number>>;
  /** Stored bytes that `raw` does not account for: they come again first, and are dropped then. */
  readonly ahead: Readonly<Record<OutputStream, number>>;
}

export const logStart: LogPosition = {
  nextSeq: 0,
  bytes: 0,
  lines: 0,
  crc32: 0,
  truncated: false,
  raw: { stdout: 0, stderr: 0 },
  openLine: { stdout: 0, stderr: 0 },
  ahead: { stdout: 0, stderr: 0 },
};

export interface LogChunk {
  readonly seq: number;
  readonly offset: number;
  readonly bytes: Buffer;
  /** Where the log stands after this chunk. */
  readonly position: LogPosition;
}

/** The host's end of a step's log. Calls come one after the other. */
export interface LogChunkSink {
  /** Resolves when the chunk is safe, or at least when the sink can take the next: slowness here slows the program. */
  append(chunk: LogChunk): Promise<void>;
  /** No chunk follows. */
  seal(summary: LogSummary, nextSeq: number): Promise<void>;
}

export const summaryOf = (position: LogPosition): LogSummary => ({
  bytes: position.bytes,
  lines: position.lines,
  crc32: position.crc32,
  truncated: position.truncated,
});
