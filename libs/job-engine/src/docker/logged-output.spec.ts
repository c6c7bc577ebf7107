import { describe, expect, it } from '@jest/globals';
import { LoggedOutput } from './logged-output.js';

const frame = (moment: number, text: string, type = 1): Buffer => {
  const payload = Buffer.from(`2026-01-01T00:00:0${moment}.000000000Z ${text}`);
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};
const piece = 'x'.repeat(16 * 1024);
const read = (frames: Buffer[], size = 1000): { stdout: string; stderr: string } => {
  const logged = new LoggedOutput();
  const all = Buffer.concat(frames);
  const got = { stdout: '', stderr: '' };
  for (let at = 0; at < all.length; at += size) {
    for (const { stream, bytes } of logged.push(all.subarray(at, at + size))) got[stream] += bytes.toString();
  }
  return got;
};

describe('LoggedOutput', () => {
  it('gives short lines as they are', () => {
    expect(read([frame(1, 'a b\n'), frame(2, 'e\n', 2), frame(3, 'b')])).toEqual({ stdout: 'a b\nb', stderr: 'e\n' });
  });

  it('puts the lost newline of a long line back, once another line shows that there was one', () => {
    const frames = [frame(1, piece), frame(1, 'end'), frame(2, 'w\n', 2), frame(3, 'next\n')];
    expect(read(frames)).toEqual({ stdout: `${piece}end\nnext\n`, stderr: 'w\n' });
  });

  it('also where the line ends with a whole piece', () => {
    expect(read([frame(1, piece), frame(2, piece), frame(2, piece), frame(3, 'next\n')]).stdout).toBe(
      `${piece}\n${piece}${piece}\nnext\n`,
    );
  });

  it('adds none where the engine kept it, or where a line never ended', () => {
    expect(read([frame(1, piece), frame(1, 'end\n'), frame(2, 'next\n')]).stdout).toBe(`${piece}end\nnext\n`);
    expect(read([frame(1, piece), frame(1, 'open')]).stdout).toBe(`${piece}open`);
  });
});
