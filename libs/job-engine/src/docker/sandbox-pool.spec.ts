import { describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import { SandboxPool } from './sandbox-pool.js';

const open = (size: number) => {
  const state = { made: 0, removed: [] as string[], failures: 0, broken: false };
  const pool = new SandboxPool(size, {
    make: async () => {
      if (state.broken) throw new Error('no engine');
      return `s${(state.made += 1)}`;
    },
    remove: async (container) => void state.removed.push(container),
    failed: () => void (state.failures += 1),
  });
  return { pool, state };
};
const shop = { projectId: 'shop', trust: 'trusted' } as const;

describe('SandboxPool', () => {
  it('has one ready after it was filled, and refills behind', async () => {
    const { pool, state } = open(2);
    expect(pool.take(shop)).toBeUndefined();
    await eventually(() => expect(state.made).toBe(2));
    expect(pool.take(shop)).toBe('s1');
    await eventually(() => expect(state.made).toBe(3));
  });

  it('gives a used one only to the same project and trust', async () => {
    const { pool, state } = open(1);
    state.broken = true;
    await pool.giveBack('used', shop);
    expect(pool.take({ projectId: 'shop', trust: 'untrusted' })).toBeUndefined();
    expect(pool.take({ projectId: 'other', trust: 'trusted' })).toBeUndefined();
    expect(pool.take(shop)).toBe('used');
  });

  it('never keeps more than its size, and nothing after closing', async () => {
    const { pool, state } = open(1);
    await pool.giveBack('a', shop);
    await pool.giveBack('b', shop);
    expect(state.removed).toEqual(['a']);
    await pool.close();
    await pool.giveBack('c', shop);
    expect(state.removed).toEqual(['a', 'b', 'c']);
  });

  it('says when it cannot fill, and lets jobs make their own', async () => {
    const { pool, state } = open(1);
    state.broken = true;
    pool.fill();
    await eventually(() => expect(state.failures).toBe(1));
    expect(pool.take(shop)).toBeUndefined();
  });
});
