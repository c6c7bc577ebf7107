import { expect, it } from '@jest/globals';
import { cacheContract } from './cache.contract.js';
import { InProcessCache } from './in-process.cache.js';

cacheContract('the process', () => Promise.resolve(new InProcessCache()));

it('forgets the oldest entries past its size', async () => {
  const cache = new InProcessCache(() => 0, 2);
  for (const key of ['a', 'b', 'c']) await cache.put(key, key, 1_000);
  expect(await cache.take('a')).toBeUndefined();
  expect(await cache.take('c')).toBe('c');
});
