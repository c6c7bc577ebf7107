import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Signature } from './forge.js';

/** Digests first, so that unequal lengths take the same time as unequal bytes. */
export const equalInConstantTime = (left: string, right: string): boolean =>
  timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest());

export const hmacHex = (secret: string, ...parts: readonly (string | Uint8Array)[]): string =>
  hmac(secret, parts).digest('hex');

export const hmacBase64 = (secret: string | Uint8Array, ...parts: readonly (string | Uint8Array)[]): string =>
  hmac(secret, parts).digest('base64');

const hmac = (secret: string | Uint8Array, parts: readonly (string | Uint8Array)[]) => {
  const mac = createHmac('sha256', secret);
  for (const part of parts) mac.update(part);
  return mac;
};

export const bodyDigest = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

export const good: Signature = { kind: 'good' };
export const refused = (reason: string): Signature => ({ kind: 'refused', reason });

/** Hex HMAC-SHA-256 of the body in one header: the form of Gitea and Gogs. */
export const verifyHexHeader = (
  header: string | undefined,
  headerName: string,
  secret: string,
  body: Uint8Array,
): Signature => {
  if (secret === '') return refused('the project has no webhook secret');
  if (header === undefined || header === '') return refused(`no ${headerName} header: is a secret set at the forge?`);
  return equalInConstantTime(header.toLowerCase(), hmacHex(secret, body))
    ? good
    : refused(`${headerName} does not match: is the secret the one of this project?`);
};
