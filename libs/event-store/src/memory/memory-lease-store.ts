import type { Lease, LeaseStore } from '../lease.js';

/** `now` stands for the database's clock. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #leases = new Map<string, Lease & { readonly expiresAt: number }>();

  constructor(private readonly now: () => number) {}

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const held = this.#leases.get(name);
    const now = this.now();
    if (held !== undefined && held.holder !== holder && held.expiresAt > now) return undefined;
    const epoch = held === undefined ? 1 : held.holder === holder ? held.epoch : held.epoch + 1;
    this.#leases.set(name, { name, holder, epoch, expiresAt: now + ttlMs });
    return { name, holder, epoch };
  }

  async release(name: string, holder: string): Promise<void> {
    const held = this.#leases.get(name);
    if (held?.holder === holder) this.#leases.set(name, { ...held, expiresAt: 0 });
  }
}
