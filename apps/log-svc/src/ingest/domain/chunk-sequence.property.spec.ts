import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ChunkSpan, type ContiguousPrefix, emptyPrefix, extendPrefix } from './chunk-sequence.js';

/** A whole log, and the batches in which its chunks came: in any order, repeated at will, all of them at least once. */
const aDelivery = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }).chain((sizes) => {
  const chunks: ChunkSpan[] = [];
  for (const bytes of sizes)
    chunks.push({ seq: chunks.length, offset: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0), bytes });
  return fc.record({
    chunks: fc.constant(chunks),
    order: fc
      .tuple(fc.shuffledSubarray(chunks, { minLength: chunks.length }), fc.array(fc.constantFrom(...chunks)))
      .map((parts) => parts.flat()),
  });
});

/** What a store does: keeps each chunk once, then extends the prefix over all it has. */
const deliver = (order: readonly ChunkSpan[]): ContiguousPrefix[] => {
  const stored = new Map<number, ChunkSpan>();
  let prefix = emptyPrefix;
  return order.map((chunk) => {
    stored.set(chunk.seq, chunk);
    prefix = extendPrefix(
      prefix,
      [...stored.values()].sort((a, b) => a.seq - b.seq),
    );
    return prefix;
  });
};

describe('the contiguous prefix', () => {
  it('ends as the whole log, in whatever order and however often its chunks came', () => {
    fc.assert(
      fc.property(aDelivery, ({ chunks, order }) => {
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
        expect(deliver(order).at(-1)).toEqual({ nextSeq: chunks.length, bytes, broken: false });
      }),
    );
  });

  it('never shrinks and never reaches over a chunk that has not come', () => {
    fc.assert(
      fc.property(aDelivery, ({ order }) => {
        const seen = new Set<number>();
        let before = emptyPrefix;
        for (const [index, prefix] of deliver(order).entries()) {
          seen.add(order[index]?.seq ?? -1);
          expect(prefix.nextSeq).toBeGreaterThanOrEqual(before.nextSeq);
          expect([...Array(prefix.nextSeq).keys()].every((seq) => seen.has(seq))).toBe(true);
          expect(seen.has(prefix.nextSeq)).toBe(false);
          before = prefix;
        }
      }),
    );
  });
});
