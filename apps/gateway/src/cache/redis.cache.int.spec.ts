import { testRedis, type TestServer } from '@cyclone/testing/servers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cacheContract } from './cache.contract.js';
import { RedisCache } from './redis.cache.js';

let server: TestServer;
beforeAll(async () => {
  server = await testRedis();
}, 60_000);
afterAll(() => server.dispose());

cacheContract('Redis', () => Promise.resolve(new RedisCache(server.url)));

it('says so within a second or two when Redis is away', async () => {
  const cache = new RedisCache('redis://127.0.0.1:1');
  await expect(cache.count('key', 1_000)).rejects.toMatchObject({ code: 'cache-unavailable' });
  await cache.close();
}, 5_000);
