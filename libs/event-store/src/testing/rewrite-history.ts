import type { StoredCommit } from '../commit.js';
import { chainHash, contentBytes, eventChecksum, genesisHash } from '../hash-chain.js';

/**
 * One stream's commits as somebody would leave them who may write to the database and knows how its hashes are made:
 * changed, with every checksum and hash computed anew. Only a signed checkpoint tells.
 */
export const rewriteHistory = (
  commits: readonly StoredCommit[],
  change: (commit: StoredCommit) => StoredCommit,
): readonly StoredCommit[] => {
  let previous = genesisHash;
  return commits.map((commit) => {
    const changed = change(commit);
    const sealed = { ...changed, e: changed.e.map((event) => ({ ...event, c: eventChecksum(event) })) };
    previous = chainHash(previous, contentBytes(sealed));
    return { ...sealed, h: previous };
  });
};
