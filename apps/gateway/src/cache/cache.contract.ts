import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import { randomUUID } from 'node:crypto';
import type { Cache } from './cache.js';

export const cacheContract = (name: string, open: () => Promise<Cache>): void => {
  describe(`${name} as a cache`, () => {
    let cache: Cache;
    beforeAll(async () => {
      cache = await open();
    });
    afterAll(() => cache.close());

    it('counts within a window, and from one again after it', async () => {
      const key = randomUUID();
      expect(await cache.peek(key)).toBe(0);
      expect(await cache.count(key, 150)).toBe(1);
      expect(await cache.count(key, 150)).toBe(2);
      expect(await cache.peek(key)).toBe(2);
      await eventually(async () => expect(await cache.peek(key)).toBe(0));
      expect(await cache.count(key, 150)).toBe(1);
    });

    it('counts every one of many at once', async () => {
      const key = randomUUID();
      const sums = await Promise.all(Array.from({ length: 50 }, () => cache.count(key, 10_000)));
      expect(new Set(sums).size).toBe(50);
      expect(await cache.peek(key)).toBe(50);
    });

    it('gives a value to one of many takers', async () => {
      const key = randomUUID();
      await cache.put(key, 'ticket', 10_000);
      const taken = await Promise.all(Array.from({ length: 20 }, () => cache.take(key)));
      expect(taken.filter((value) => value !== undefined)).toEqual(['ticket']);
    });

    it('forgets a value after its time', async () => {
      const key = randomUUID();
      await cache.put(key, 'ticket', 1);
      await eventually(async () => {
        const probe = randomUUID();
        await cache.put(probe, 'x', 1);
        expect(await cache.take(key)).toBeUndefined();
      });
      expect(await cache.take(randomUUID())).toBeUndefined();
    });
  });
};
