import { crc32 } from 'node:zlib';
import type { LogChunk, LogChunkSink, LogPosition } from './log-chunk.js';

export interface ChunkerLimits {
  readonly chunkBytesMax: number;
  /** How long bytes may wait for more before they go on their way. */
  readonly flushMs: number;
  /** Bytes on their way to the sink above which writers are told to wait. */
  readonly queuedBytesMax: number;
}

/** What a chunk's position cannot know by itself: how far the raw streams were read. */
export type RawState = Pick<LogPosition, 'raw' | 'openLine' | 'ahead' | 'truncated'>;

/** Gathers bytes into chunks and hands them to the sink one after the other. */
export class LogChunker {
  private parts: Buffer[] = [];
  private partBytes = 0;
  private state: RawState;
  private timer: NodeJS.Timeout | undefined;
  private delivery: Promise<void> = Promise.resolve();
  private queuedBytes = 0;
  private failure: unknown;
  private position: LogPosition;

  constructor(
    private readonly sink: LogChunkSink,
    private readonly limits: ChunkerLimits,
    start: LogPosition,
  ) {
    this.position = start;
    this.state = start;
  }

  get bytes(): number {
    return this.position.bytes + this.partBytes;
  }

  /** `stateAfter` holds once all of `bytes` is stored; `stateWithin` says where a chunk stands that cuts them after n bytes. */
  add(bytes: Buffer, stateAfter: RawState, stateWithin: (stored: number) => RawState): void {
    let rest = bytes;
    if (this.partBytes + rest.length > this.limits.chunkBytesMax) this.cut();
    while (rest.length > this.limits.chunkBytesMax) {
      this.take(
        rest.subarray(0, this.limits.chunkBytesMax),
        stateWithin(bytes.length - rest.length + this.limits.chunkBytesMax),
      );
      rest = rest.subarray(this.limits.chunkBytesMax);
      this.cut();
    }
    this.take(rest, stateAfter);
    if (this.partBytes === this.limits.chunkBytesMax) this.cut();
    else if (this.partBytes > 0) this.timer ??= setTimeout(() => this.cut(), this.limits.flushMs);
  }

  /** A promise while too much is on its way. It rejects when the sink failed. */
  whenRoom(): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return this.queuedBytes > this.limits.queuedBytesMax ? this.delivered() : undefined;
  }

  async end(): Promise<LogPosition> {
    this.cut();
    await this.delivered();
    return { ...this.position, ...this.state };
  }

  private take(bytes: Buffer, state: RawState): void {
    if (bytes.length > 0) this.parts.push(bytes);
    this.partBytes += bytes.length;
    this.state = state;
  }

  private cut(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.partBytes === 0) return;
    const bytes = Buffer.concat(this.parts, this.partBytes);
    this.parts = [];
    this.partBytes = 0;
    const { nextSeq, bytes: offset } = this.position;
    this.position = {
      ...this.state,
      nextSeq: nextSeq + 1,
      bytes: offset + bytes.length,
      lines: this.position.lines + countLines(bytes),
      crc32: crc32(bytes, this.position.crc32),
    };
    this.deliver({ seq: nextSeq, offset, bytes, position: this.position });
  }

  private deliver(chunk: LogChunk): void {
    this.queuedBytes += chunk.bytes.length;
    this.delivery = this.delivery.then(async () => {
      try {
        if (this.failure === undefined) await this.sink.append(chunk);
      } catch (error) {
        this.failure = error;
      } finally {
        this.queuedBytes -= chunk.bytes.length;
      }
    });
  }

  private async delivered(): Promise<void> {
    await this.delivery;
    if (this.failure !== undefined) throw this.failure;
  }
}

/** A plain loop: its cost is the same whether lines are long or empty. */
const countLines = (bytes: Buffer): number => {
  let lines = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === 10) lines += 1;
  return lines;
};
