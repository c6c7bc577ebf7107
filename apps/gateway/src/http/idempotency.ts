import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Call } from './call.js';
import { ProblemError } from './problem-error.js';

/** An answer as it can be given again. */
const KeptAnswer = z.object({
  status: z.number().int(),
  body: z.unknown(),
  headers: z.record(z.string(), z.string()).default({}),
  etag: z.string().optional(),
});
export type KeptAnswer = z.output<typeof KeptAnswer>;

export type Claim =
  | { readonly kind: 'mine' }
  | { readonly kind: 'running' }
  | { readonly kind: 'answered'; readonly digest: string; readonly sealed: string }
  | { readonly kind: 'other'; readonly digest: string };

/**
 * Keys of the last day. `claim` by any number of callers at once is `mine` for one. A claim that was neither answered
 * nor released is free again after a minute: its process died.
 */
export interface IdempotencyKeys {
  claim(key: string, digest: string): Promise<Claim>;
  answer(key: string, sealed: string): Promise<void>;
  release(key: string): Promise<void>;
}

/**
 * A kept answer may hold a secret that was shown once. It is sealed under a key made of the caller's own token and
 * idempotency key, which the server does not keep: who reads the database reads nothing.
 */
const sealingKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'cyclone idempotent answer', 32));

export const seal = (secret: string, answer: KeptAnswer): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
};

export const unseal = (secret: string, sealed: string): KeptAnswer => {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(secret), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return KeptAnswer.parse(
    JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()),
  );
};

const digestOf = (call: Call): string =>
  createHash('sha256')
    .update(JSON.stringify([call.params, call.query, call.body]))
    .digest('hex');

/** Carries out a call once per key: repeated, it answers the same; with another body it is refused. */
export const onceByKey = async (
  keys: IdempotencyKeys,
  call: Call,
  work: () => Promise<KeptAnswer>,
): Promise<KeptAnswer> => {
  const header = call.request.headers['idempotency-key'];
  if (header === undefined) return work();
  const digest = digestOf(call);
  const secret = `${call.request.headers.authorization ?? ''}\n${String(header)}`;
  const claim = await keys.claim(call.commandId, digest);
  if (claim.kind === 'other' || (claim.kind === 'answered' && claim.digest !== digest)) {
    throw new ProblemError(422, 'idempotency-key-reused', 'this Idempotency-Key came before with another request');
  }
  if (claim.kind === 'answered') return unseal(secret, claim.sealed);
  if (claim.kind === 'running') {
    throw new ProblemError(409, 'still-running', 'the first request with this Idempotency-Key is still running', {
      headers: { 'Retry-After': '1' },
    });
  }
  try {
    const answer = await work();
    await keys.answer(call.commandId, seal(secret, answer));
    return answer;
  } catch (error) {
    await keys.release(call.commandId);
    throw error;
  }
};
