import type { Digest } from '@cyclone/contracts';

/**
 * Bytes that events name by digest (plans, webhook bodies): stored before the event that names them. Putting the
 * same bytes again is the same. `get` gives undefined for an unknown digest and throws when stored bytes no longer
 * match theirs.
 */
export interface ContentStore {
  put(bytes: Uint8Array, mediaType: string): Promise<Digest>;
  get(digest: Digest): Promise<Uint8Array | undefined>;
}
