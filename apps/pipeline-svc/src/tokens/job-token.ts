import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import {
  JobTokenClaims,
  jobTokenMsMax,
  type BuildId,
  type EpochMs,
  type JobId,
  type ProjectId,
  type RunnerId,
} from '@cyclone/contracts';
import { deriveKey } from '../secrets/envelope-encryption.js';

/** What a token is bound to: one attempt at one job on one runner. */
export interface JobTokenSubject {
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly attempt: number;
  readonly fence: number;
  readonly runnerId: RunnerId;
}

/** DER of a PKCS #8 Ed25519 private key up to its 32-byte seed (RFC 8410). */
const pkcs8Ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const tokenCharactersMax = 4096;
const resumeWithinMs = 24 * 60 * 60 * 1000;

/** Signs and checks job tokens: compact JWS, EdDSA and nothing else, with a key derived from the master key. */
export class JobTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly keyId: string;
  readonly publicKeyPem: string;

  constructor(masterKey: Uint8Array) {
    const seed = deriveKey(masterKey, 'job-token-key/1');
    this.#privateKey = createPrivateKey({
      key: Buffer.concat([pkcs8Ed25519Prefix, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    this.#publicKey = createPublicKey(this.#privateKey);
    this.publicKeyPem = this.#publicKey.export({ format: 'pem', type: 'spki' }).toString();
    this.keyId = createHash('sha256').update(this.publicKeyPem).digest('hex').slice(0, 16);
  }

  issue(subject: JobTokenSubject, now: EpochMs): { readonly token: string; readonly expiresAt: EpochMs } {
    const expiresAt = now + jobTokenMsMax;
    const claims: JobTokenClaims = {
      iss: 'cyclone',
      aud: 'cyclone-job',
      iat: Math.floor(now / 1000),
      exp: Math.floor(expiresAt / 1000),
      ...subject,
    };
    const signed = `${encode({ alg: 'EdDSA', typ: 'JWT', kid: this.keyId })}.${encode(claims)}`;
    return { token: `${signed}.${sign(null, Buffer.from(signed), this.#privateKey).toString('base64url')}`, expiresAt };
  }

  /** The claims of a token that is ours and still good; undefined for every other. */
  verify(token: string, now: EpochMs): JobTokenClaims | undefined {
    const claims = this.#read(token);
    return claims !== undefined && claims.exp * 1000 > now ? claims : undefined;
  }

  /** For a runner that was away longer than its token lived: whose it was, up to a day after it ran out. */
  readExpired(token: string, now: EpochMs): JobTokenClaims | undefined {
    return this.verify(token, now - resumeWithinMs);
  }

  #read(token: string): JobTokenClaims | undefined {
    if (token.length > tokenCharactersMax) return undefined;
    const [header, body, signature, ...rest] = token.split('.');
    if (header === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
    if (!isOurHeader(decode(header), this.keyId)) return undefined;
    const genuine = verify(
      null,
      Buffer.from(`${header}.${body}`),
      this.#publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!genuine) return undefined;
    const claims = JobTokenClaims.safeParse(decode(body));
    if (!claims.success) return undefined;
    return claims.data;
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const decode = (part: string): unknown => {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

const isOurHeader = (header: unknown, keyId: string): boolean =>
  typeof header === 'object' &&
  header !== null &&
  'alg' in header &&
  header.alg === 'EdDSA' &&
  'kid' in header &&
  header.kid === keyId;
