import { Redis } from 'ioredis';
import { type Cache, CacheUnavailableError } from './cache.js';

const answerMsMax = 1_000;

/** For several gateways. Uses plain commands only: no scripts, so that its account may do without them. */
export class RedisCache implements Cache {
  private readonly redis: Redis;

  constructor(
    url: string,
    private readonly prefix = 'cyclone:gateway:',
  ) {
    this.redis = new Redis(url, {
      commandTimeout: answerMsMax,
      connectTimeout: answerMsMax,
      // A command that cannot be sent now is refused now, instead of waiting for a connection.
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
    });
    // Each command that fails tells its own caller; without a listener the process would end.
    this.redis.on('error', () => undefined);
  }

  count(key: string, windowMs: number): Promise<number> {
    return this.answered(async () => {
      const name = this.prefix + key;
      // The window is set with the first count, in the same step: a counter without an end would lock out for ever.
      const results = await this.redis.multi().set(name, 0, 'PX', windowMs, 'NX').incr(name).exec();
      const sum = results?.[1]?.[1];
      if (typeof sum !== 'number') throw new CacheUnavailableError('Redis gave no count');
      return sum;
    });
  }

  peek(key: string): Promise<number> {
    return this.answered(async () => Number((await this.redis.get(this.prefix + key)) ?? 0));
  }

  put(key: string, value: string, ttlMs: number): Promise<void> {
    return this.answered(async () => {
      await this.redis.set(this.prefix + key, value, 'PX', ttlMs);
    });
  }

  take(key: string): Promise<string | undefined> {
    return this.answered(async () => (await this.redis.getdel(this.prefix + key)) ?? undefined);
  }

  close(): Promise<void> {
    this.redis.disconnect();
    return Promise.resolve();
  }

  private async answered<Result>(command: () => Promise<Result>): Promise<Result> {
    try {
      return await command();
    } catch (error) {
      throw new CacheUnavailableError('Redis does not answer', { cause: error });
    }
  }
}
