import { describe, expect, it } from '@jest/globals';
import { emptyPrefix, extendPrefix, isComplete } from './chunk-sequence.js';

const chunk = (seq: number, offset: number, bytes = 10) => ({ seq, offset, bytes });

describe('the contiguous prefix of a log', () => {
  it('grows over chunks that follow one another', () => {
    expect(extendPrefix(emptyPrefix, [chunk(0, 0), chunk(1, 10), chunk(2, 20, 5)])).toEqual({
      nextSeq: 3,
      bytes: 25,
      broken: false,
    });
  });

  it('ends before a hole, and goes on once the hole is filled', () => {
    const before = extendPrefix(emptyPrefix, [chunk(0, 0), chunk(2, 20)]);
    expect(before).toEqual({ nextSeq: 1, bytes: 10, broken: false });
    expect(extendPrefix(before, [chunk(1, 10), chunk(2, 20)])).toEqual({ nextSeq: 3, bytes: 30, broken: false });
  });

  it('is not changed by chunks that it has', () => {
    const prefix = extendPrefix(emptyPrefix, [chunk(0, 0), chunk(1, 10)]);
    expect(extendPrefix(prefix, [chunk(0, 0), chunk(1, 10)])).toEqual(prefix);
  });

  it('is broken for good by a chunk that begins at the wrong place', () => {
    const prefix = extendPrefix(emptyPrefix, [chunk(0, 0), chunk(1, 11)]);
    expect(prefix).toEqual({ nextSeq: 1, bytes: 10, broken: true });
    expect(extendPrefix(prefix, [chunk(1, 10)])).toEqual(prefix);
    expect(isComplete(prefix, 1)).toBe(false);
  });

  it('is complete when every chunk below the seal is in it', () => {
    const prefix = extendPrefix(emptyPrefix, [chunk(0, 0), chunk(1, 10)]);
    expect(isComplete(prefix, 3)).toBe(false);
    expect(isComplete(prefix, 2)).toBe(true);
    expect(isComplete(emptyPrefix, 0)).toBe(true);
  });
});
