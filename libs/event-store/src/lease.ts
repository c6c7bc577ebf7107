/**
 * Who may act alone, by the database's clock. An epoch rises with every change of holder, so that what an old holder
 * still does can be told apart.
 *
 * - `acquire` takes a free or expired lease, or renews one's own; undefined while somebody else holds it.
 * - `release` gives up one's own; anybody else's is left alone.
 */
export interface LeaseStore {
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  release(name: string, holder: string): Promise<void>;
}

export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly epoch: number;
}
