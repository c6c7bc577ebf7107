import { logChunkBytesMax, logLineBytesMax, stepLogBytesDefault, type LogSummary } from '@cyclone/contracts';
import { LineCap } from './line-cap.js';
import { logStart, summaryOf, type LogChunkSink, type LogPosition } from './log-chunk.js';
import { LogChunker, type RawState } from './log-chunker.js';
import type { OutputSink, OutputStream } from './output-sink.js';
import { SecretMasker } from './secret-masker.js';

export interface StepLogLimits {
  readonly stepBytesMax: number;
  readonly lineBytesMax: number;
  readonly chunkBytesMax: number;
  readonly flushMs: number;
  readonly queuedBytesMax: number;
}

export const stepLogLimits: StepLogLimits = {
  stepBytesMax: stepLogBytesDefault,
  lineBytesMax: logLineBytesMax,
  chunkBytesMax: logChunkBytesMax,
  flushMs: 20,
  queuedBytesMax: 1024 * 1024,
};

/** Raw bytes are looked at in pieces of this size, so that one piece fits a chunk. */
const pieceBytes = 32 * 1024;

interface StreamState {
  readonly masker: SecretMasker;
  readonly lineCap: LineCap;
  rawBytes: number;
  /** Stored by the process before this one, and coming again. */
  ahead: number;
}

/**
 * A step's way from raw bytes to chunks: mask, cap lines, cap the whole, cut into chunks. Bounded memory whatever
 * the step writes. A log that is opened at an earlier position goes on exactly there.
 */
export class StepLog implements OutputSink {
  private readonly streams: Readonly<Record<OutputStream, StreamState>>;
  private readonly chunker: LogChunker;
  private truncated: boolean;

  constructor(
    private readonly sink: LogChunkSink,
    secretPatterns: readonly Buffer[],
    private readonly limits: StepLogLimits = stepLogLimits,
    start: LogPosition = logStart,
  ) {
    const open = (stream: OutputStream): StreamState => ({
      masker: new SecretMasker(secretPatterns),
      lineCap: new LineCap(limits.lineBytesMax, start.openLine[stream]),
      rawBytes: start.raw[stream],
      ahead: start.ahead[stream],
    });
    this.streams = { stdout: open('stdout'), stderr: open('stderr') };
    this.chunker = new LogChunker(sink, limits, start);
    this.truncated = start.truncated;
  }

  write(stream: OutputStream, bytes: Buffer): Promise<void> | undefined {
    const state = this.streams[stream];
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      const before = this.rawState();
      state.rawBytes += piece.length;
      if (!this.truncated) this.store(stream, state.masker.push(piece), before);
    }
    return this.chunker.whenRoom();
  }

  note(line: string): void {
    if (this.truncated) return;
    const state = this.rawState();
    this.chunker.add(Buffer.from(`${line}\n`), state, () => state);
  }

  /** No output follows: sends what is left and seals. May be called once. */
  async close(): Promise<LogSummary> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const before = this.rawState();
      this.store(stream, this.streams[stream].masker.flush(), before);
    }
    const position = await this.chunker.end();
    const summary = summaryOf(position);
    await this.sink.seal(summary, position.nextSeq);
    return summary;
  }

  private store(stream: OutputStream, masked: Buffer, before: RawState): void {
    if (this.truncated) return;
    const state = this.streams[stream];
    let bytes = state.lineCap.push(masked);
    const room = this.limits.stepBytesMax - this.chunker.bytes;
    const again = Math.min(state.ahead, bytes.length);
    state.ahead -= again;
    bytes = bytes.subarray(again);
    if (bytes.length > room) {
      this.truncated = true;
      bytes = Buffer.concat([bytes.subarray(0, Math.max(0, room)), truncationMarker(this.limits.stepBytesMax)]);
    }
    this.chunker.add(bytes, this.rawState(), (stored) => ({
      ...before,
      ahead: { ...before.ahead, [stream]: before.ahead[stream] + stored },
    }));
  }

  private rawState(): RawState {
    const { stdout, stderr } = this.streams;
    return {
      raw: { stdout: stdout.rawBytes - stdout.masker.held, stderr: stderr.rawBytes - stderr.masker.held },
      openLine: { stdout: stdout.lineCap.openLine, stderr: stderr.lineCap.openLine },
      ahead: { stdout: stdout.ahead, stderr: stderr.ahead },
      truncated: this.truncated,
    };
  }
}

const truncationMarker = (bytes: number): Buffer =>
  Buffer.from(`\n[cyclone] log cut at ${bytes} bytes: the rest of the output is not kept\n`);
