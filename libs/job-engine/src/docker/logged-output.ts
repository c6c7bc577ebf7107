import type { OutputStream } from '../logs/output-sink.js';
import type { DemuxedBytes } from './log-demux.js';

const headerBytes = 8;
const stderrType = 2;
const newline = 10;
const blank = 0x20;

interface StreamState {
  /** The line that has not ended in the frames so far: its moment. */
  openLine: string | undefined;
}

/**
 * Reads what the engine logged (with timestamps, one frame for each message) as the container wrote it. The engine stores
 * long lines in pieces of 16 KiB, and the `local` driver of older engines loses the newline of each such line. It is put
 * back here, so that offsets in the log and in the output as it was attached are the same: the pieces of one line carry one
 * timestamp, so another timestamp means that the line before had ended. (It stays lost where it was the very last byte.)
 */
export class LoggedOutput {
  private rest: Buffer = Buffer.alloc(0);
  private readonly states: Record<OutputStream, StreamState> = {
    stdout: { openLine: undefined },
    stderr: { openLine: undefined },
  };

  *push(chunk: Buffer): Generator<DemuxedBytes> {
    let input = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (input.length >= headerBytes) {
      const end = headerBytes + input.readUInt32BE(4);
      if (input.length < end) break;
      yield* this.frame(input[0] === stderrType ? 'stderr' : 'stdout', input.subarray(headerBytes, end));
      input = input.subarray(end);
    }
    this.rest = input;
  }

  private *frame(stream: OutputStream, message: Buffer): Generator<DemuxedBytes> {
    const state = this.states[stream];
    const at = message.indexOf(blank);
    const moment = message.toString('latin1', 0, Math.max(0, at));
    const bytes = message.subarray(at + 1);
    if (state.openLine !== undefined && state.openLine !== moment) yield { stream, bytes: Buffer.from('\n') };
    if (bytes.length > 0) yield { stream, bytes };
    state.openLine = bytes.at(-1) === newline ? undefined : moment;
  }
}
