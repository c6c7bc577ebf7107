import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogSummary } from '@cyclone/contracts';
import { logStart, type LogChunk, type LogChunkSink } from './log-chunk.js';
import type { OutputStream } from './output-sink.js';
import { secretPatterns } from './secret-patterns.js';
import { StepLog, stepLogLimits } from './step-log.js';

class Recorder implements LogChunkSink {
  readonly chunks: LogChunk[] = [];
  sealed: { summary: LogSummary; nextSeq: number } | undefined;

  async append(chunk: LogChunk): Promise<void> {
    this.chunks.push(chunk);
  }

  async seal(summary: LogSummary, nextSeq: number): Promise<void> {
    this.sealed = { summary, nextSeq };
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks.map((chunk) => chunk.bytes));
  }
}

const limits = { ...stepLogLimits, chunkBytesMax: 64, lineBytesMax: 100, stepBytesMax: 100_000, flushMs: 1 };

describe('StepLog', () => {
  it('cuts into numbered chunks without a gap, and seals with what they hold', async () => {
    const recorder = new Recorder();
    const log = new StepLog(recorder, [], limits);
    for (let line = 0; line < 50; line += 1) await log.write('stdout', Buffer.from(`line ${line}\n`));
    const summary = await log.close();
    expect(summary).toEqual({
      bytes: recorder.bytes.length,
      lines: 50,
      crc32: crc32(recorder.bytes),
      truncated: false,
    });
    expect(recorder.sealed).toEqual({ summary, nextSeq: recorder.chunks.length });
    let offset = 0;
    for (const [seq, chunk] of recorder.chunks.entries()) {
      expect(chunk).toMatchObject({ seq, offset });
      expect(chunk.bytes.length).toBeLessThanOrEqual(64);
      offset += chunk.bytes.length;
    }
  });

  it('keeps NUL, escape sequences and invalid UTF-8 as they are', async () => {
    const recorder = new Recorder();
    const log = new StepLog(recorder, secretPatterns(['hidden']), limits);
    const bytes = Buffer.from([0, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff, 0xfe, 0xc3, 0x0a]);
    await log.write('stdout', bytes);
    await log.close();
    expect(recorder.bytes).toEqual(bytes);
  });

  it('cuts a long line visibly and goes on with the next', async () => {
    const recorder = new Recorder();
    const log = new StepLog(recorder, [], limits);
    for (let part = 0; part < 10; part += 1) await log.write('stdout', Buffer.alloc(50, 'x'));
    await log.write('stdout', Buffer.from('\nnext\n'));
    await log.close();
    expect(recorder.bytes.toString()).toBe(`${'x'.repeat(100)} [cyclone] line cut at 100 bytes\nnext\n`);
  });

  it('cuts the whole visibly, and says so in its summary', async () => {
    const recorder = new Recorder();
    const log = new StepLog(recorder, [], { ...limits, stepBytesMax: 25 });
    for (let line = 0; line < 10; line += 1) await log.write('stdout', Buffer.from('0123456789\n'));
    expect(await log.close()).toMatchObject({ truncated: true });
    expect(recorder.bytes.toString()).toBe(
      '0123456789\n0123456789\n012\n[cyclone] log cut at 25 bytes: the rest of the output is not kept\n',
    );
  });

  it('sends what is there soon, without waiting for more', async () => {
    const arrived = Promise.withResolvers<string>();
    const log = new StepLog(
      { append: async (chunk) => arrived.resolve(chunk.bytes.toString()), seal: async () => undefined },
      [],
      limits,
    );
    void log.write('stdout', Buffer.from('live'));
    expect(await arrived.promise).toBe('live');
    await log.close();
  });

  it('tells the writer to wait while the sink is slow', async () => {
    const gate = Promise.withResolvers<void>();
    const log = new StepLog({ append: () => gate.promise, seal: async () => undefined }, [], {
      ...limits,
      queuedBytesMax: 200,
    });
    expect(log.write('stdout', Buffer.alloc(64, '\n'))).toBeUndefined();
    const full = log.write('stdout', Buffer.alloc(640, '\n'));
    expect(full).toBeInstanceOf(Promise);
    gate.resolve();
    await full;
    await log.close();
  });

  it('goes on after any chunk as if nothing had happened', async () => {
    const piece = fc.string({ unit: fc.constantFrom('s', 'e', 'c', 'x', '\n'), maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.nat(), async (pieces, pick) => {
        const patterns = secretPatterns(['secsec', 'ecxx']);
        const whole = new Recorder();
        const text = Buffer.from(pieces.join(''));
        const first = new StepLog(whole, patterns, limits);
        for (const part of pieces) await first.write('stdout', Buffer.from(part));
        await first.close();

        const kept = whole.chunks.slice(0, whole.chunks.length === 0 ? 0 : pick % whole.chunks.length);
        const position = kept.at(-1)?.position ?? logStart;
        const rest = new Recorder();
        const second = new StepLog(rest, patterns, limits, position);
        await second.write('stdout' satisfies OutputStream, text.subarray(position.raw.stdout));
        const summary = await second.close();
        expect(Buffer.concat([...kept.map((chunk) => chunk.bytes), rest.bytes]).toString()).toBe(
          whole.bytes.toString(),
        );
        expect(summary).toEqual(whole.sealed?.summary);
      }),
    );
  });
});
