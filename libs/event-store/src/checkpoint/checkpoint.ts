import { createHash, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../canonical.js';
import type { PositionedCommit } from '../commit.js';

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** Says of the world up to a position what it was: whoever rewrites a chain later cannot sign this again. */
export const SignedCheckpoint = z.object({
  position: z.number().int().positive(),
  /** Of the commits after the previous checkpoint's position, up to this one's. */
  rootHash: hex64,
  /** Hash of the previous checkpoint; zeros for the first. */
  previous: hex64,
  previousPosition: z.number().int().nonnegative(),
  at: z.number().int().nonnegative(),
  /** Ed25519 over the canonical JSON of everything else, base64. */
  signature: z.string(),
});
export type SignedCheckpoint = z.infer<typeof SignedCheckpoint>;
export type CheckpointContent = Omit<SignedCheckpoint, 'signature'>;

export const noCheckpoint = { position: 0, hash: '0'.repeat(64) } as const;

const contentOf = ({ position, rootHash, previous, previousPosition, at }: CheckpointContent): Buffer =>
  Buffer.from(canonicalJson({ position, rootHash, previous, previousPosition, at }));

/** Names a checkpoint, its signature included. */
export const checkpointHash = (checkpoint: SignedCheckpoint): string =>
  createHash('sha256').update(contentOf(checkpoint)).update(checkpoint.signature).digest('hex');

/** The key is Ed25519 and lives outside the database. */
export const signCheckpoint = (content: CheckpointContent, key: KeyObject): SignedCheckpoint => ({
  ...content,
  signature: sign(null, contentOf(content), key).toString('base64'),
});

export const isSignedBy = (checkpoint: SignedCheckpoint, publicKey: KeyObject): boolean =>
  verify(null, contentOf(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64'));

/** `sha256` over `<g>:<s>:<v>:<h>` and a line feed for each commit, positions rising. */
export class RootHash {
  readonly #hash = createHash('sha256');
  add({ g, s, v, h }: PositionedCommit): void {
    this.#hash.update(`${g}:${s}:${v}:${h}\n`);
  }
  digest(): string {
    return this.#hash.digest('hex');
  }
}
