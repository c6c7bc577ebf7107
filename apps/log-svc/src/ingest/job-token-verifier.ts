import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { JobTokenClaims } from '@cyclone/contracts';
import { z } from 'zod';

export interface JobTokenKey {
  readonly keyId: string;
  readonly publicKeyPem: string;
}

export type TokenVerdict =
  { readonly kind: 'genuine'; readonly claims: JobTokenClaims } | { readonly kind: 'forged'; readonly reason: string };

/** One algorithm, whatever the token asks for. */
const JwsHeader = z.object({ alg: z.literal('EdDSA'), kid: z.string().optional() });
const tokenCharsMax = 4_096;
const verdictsKept = 2_000;
/** A key that nobody knows is asked for again at most this often, so that forged tokens cause no traffic. */
const keyRefreshMs = 10_000;

const parsePart = (part: string): unknown => {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

const forged = (reason: string): TokenVerdict => ({ kind: 'forged', reason });

/**
 * Checks the signature of job tokens (compact JWS, Ed25519) against pipeline-svc's public key. Whether the claims fit
 * a message, and whether they are still in time, is for the caller to judge, each time anew. `verify` throws what
 * `fetchKey` throws: then nothing is known of the token.
 */
export class JobTokenVerifier {
  readonly #verdicts = new Map<string, TokenVerdict>();
  #key: Promise<{ keyId: string; key: KeyObject }> | undefined;
  #keyFetchedAt = 0;

  constructor(
    private readonly fetchKey: () => Promise<JobTokenKey>,
    private readonly now: () => number,
  ) {}

  async verify(token: string): Promise<TokenVerdict> {
    const known = this.#verdicts.get(token);
    if (known !== undefined) return known;
    const verdict = await this.#check(token);
    if (verdict.kind === 'genuine') this.#remember(token, verdict);
    return verdict;
  }

  async #check(token: string): Promise<TokenVerdict> {
    const [header, payload, signature, ...rest] = token.split('.');
    if (
      token.length > tokenCharsMax ||
      header === undefined ||
      payload === undefined ||
      signature === undefined ||
      rest.length > 0
    ) {
      return forged('the job token is not a compact JWS');
    }
    const { success, data } = JwsHeader.safeParse(parsePart(header));
    if (!success) return forged('the job token is not signed by EdDSA');
    const key = await this.#keyFor(data.kid);
    if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) {
      return forged('the signature of the job token is wrong');
    }
    const claims = JobTokenClaims.safeParse(parsePart(payload));
    return claims.success
      ? { kind: 'genuine', claims: claims.data }
      : forged('the claims of the job token are not those of a job');
  }

  async #keyFor(keyId: string | undefined): Promise<KeyObject> {
    const current = await this.#currentKey();
    if (keyId === undefined || keyId === current.keyId || this.now() - this.#keyFetchedAt < keyRefreshMs)
      return current.key;
    this.#key = undefined;
    return (await this.#currentKey()).key;
  }

  async #currentKey(): Promise<{ keyId: string; key: KeyObject }> {
    if (this.#key === undefined) {
      this.#keyFetchedAt = this.now();
      this.#key = this.fetchKey().then(({ keyId, publicKeyPem }) => ({ keyId, key: createPublicKey(publicKeyPem) }));
    }
    try {
      return await this.#key;
    } catch (error) {
      this.#key = undefined;
      throw error;
    }
  }

  #remember(token: string, verdict: TokenVerdict): void {
    const oldest = this.#verdicts.keys().next();
    if (this.#verdicts.size >= verdictsKept && oldest.done === false) this.#verdicts.delete(oldest.value);
    this.#verdicts.set(token, verdict);
  }
}
