import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogDemux } from './log-demux.js';

const frame = (stderr: boolean, payload: Uint8Array): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stderr ? 2 : 1;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

describe('LogDemux', () => {
  it('gives each stream its bytes, however the frames are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 20 }))),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(([stderr, payload]) => frame(stderr, payload)));
          const demux = new LogDemux();
          const got = { stdout: [] as number[], stderr: [] as number[] };
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = cuts[turn % cuts.length] ?? 1;
            for (const part of demux.push(bytes.subarray(at, at + size))) got[part.stream].push(...part.bytes);
            at += size;
          }
          const expected = (wanted: boolean): number[] =>
            frames.flatMap(([stderr, payload]) => (stderr === wanted ? [...payload] : []));
          expect(got).toEqual({ stdout: expected(false), stderr: expected(true) });
        },
      ),
    );
  });
});
