import type { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import type { OutputSink, OutputStream, RawOffsets } from '../logs/output-sink.js';
import { LogDemux } from './log-demux.js';
import { LoggedOutput } from './logged-output.js';

/** Reads a container's output into a sink, at the sink's pace, and knows how far it got. */
export class StepOutput {
  private readonly read: Record<OutputStream, number>;

  constructor(
    private readonly sink: OutputSink,
    from: RawOffsets,
  ) {
    this.read = { ...from };
  }

  /** From a stream that was attached before the start: everything the container writes, once. */
  async takeAttached(stream: NodeJS.ReadableStream): Promise<void> {
    await this.take(stream, new LogDemux(), { stdout: 0, stderr: 0 });
  }

  /** From the engine's log, from the offsets on; waits for more while the container runs. */
  async takeLog(container: Container): Promise<void> {
    const options = { stdout: true, stderr: true, timestamps: true } as const;
    // The end of a followed log may be cut when the container ends in the same moment, so what is left is read once more.
    await this.take(await container.logs({ ...options, follow: true }), new LoggedOutput(), { ...this.read });
    await container.wait();
    await this.take(await container.logs({ ...options, follow: true }), new LoggedOutput(), { ...this.read });
  }

  private async take(
    stream: NodeJS.ReadableStream,
    demux: LogDemux | LoggedOutput,
    skip: Record<OutputStream, number>,
  ): Promise<void> {
    for await (const chunk of stream as Readable) {
      if (!Buffer.isBuffer(chunk)) continue;
      for (const { stream: name, bytes } of demux.push(chunk)) {
        const rest = bytes.subarray(Math.min(skip[name], bytes.length));
        skip[name] -= bytes.length - rest.length;
        if (rest.length === 0) continue;
        this.read[name] += rest.length;
        const full = this.sink.write(name, rest);
        if (full !== undefined) await full;
      }
    }
  }
}
