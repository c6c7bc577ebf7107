import type { OutputStream } from '../logs/output-sink.js';

const headerBytes = 8;
const stderrType = 2;

export interface DemuxedBytes {
  readonly stream: OutputStream;
  readonly bytes: Buffer;
}

/** Takes Docker's multiplexed stream apart without copying payloads: a frame may come in any number of pieces. */
export class LogDemux {
  private header: Buffer = Buffer.alloc(0);
  private stream: OutputStream = 'stdout';
  private left = 0;

  *push(chunk: Buffer): Generator<DemuxedBytes> {
    let at = 0;
    while (at < chunk.length) {
      if (this.left === 0) {
        const missing = headerBytes - this.header.length;
        const part = chunk.subarray(at, at + missing);
        at += part.length;
        this.header = this.header.length === 0 ? part : Buffer.concat([this.header, part]);
        if (this.header.length < headerBytes) return;
        this.stream = this.header[0] === stderrType ? 'stderr' : 'stdout';
        this.left = this.header.readUInt32BE(4);
        this.header = Buffer.alloc(0);
        continue;
      }
      const bytes = chunk.subarray(at, at + this.left);
      at += bytes.length;
      this.left -= bytes.length;
      yield { stream: this.stream, bytes };
    }
  }
}
