import type { Cache } from './cache.js';

interface Entry {
  readonly expiresAt: number;
  readonly value: string | number;
}

const entriesMaxDefault = 100_000;

/** For one gateway. Past its size the oldest entries are forgotten: hostile keys cannot grow it. */
export class InProcessCache implements Cache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly now: () => number = Date.now,
    private readonly entriesMax = entriesMaxDefault,
  ) {}

  count(key: string, windowMs: number): Promise<number> {
    const found = this.find(key);
    const sum = (typeof found?.value === 'number' ? found.value : 0) + 1;
    this.store(key, { value: sum, expiresAt: found?.expiresAt ?? this.now() + windowMs });
    return Promise.resolve(sum);
  }

  peek(key: string): Promise<number> {
    const found = this.find(key)?.value;
    return Promise.resolve(typeof found === 'number' ? found : 0);
  }

  put(key: string, value: string, ttlMs: number): Promise<void> {
    this.store(key, { value, expiresAt: this.now() + ttlMs });
    return Promise.resolve();
  }

  take(key: string): Promise<string | undefined> {
    const found = this.find(key)?.value;
    this.entries.delete(key);
    return Promise.resolve(typeof found === 'string' ? found : undefined);
  }

  close(): Promise<void> {
    this.entries.clear();
    return Promise.resolve();
  }

  private find(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt > this.now()) return entry;
    this.entries.delete(key);
    return undefined;
  }

  private store(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size <= this.entriesMax) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
