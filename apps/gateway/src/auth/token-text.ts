import { createHash, timingSafeEqual } from 'node:crypto';
import { type Digest, TokenId } from '@cyclone/contracts';

/** `cyc_<tokenId>_<secret>`: the id finds the stream, the secret (256 bits) opens it. */
const form = /^cyc_([a-zA-Z0-9]{1,32})_([A-Za-z0-9_-]{43})$/;
const textLengthMax = 100;

export const tokenText = (tokenId: TokenId, secret: string): string => `cyc_${tokenId}_${secret}`;

export const parseTokenText = (text: string): { tokenId: TokenId; secret: string } | undefined => {
  const match = text.length > textLengthMax ? null : form.exec(text);
  if (match === null) return undefined;
  const [, tokenId, secret = ''] = match;
  return { tokenId: TokenId.parse(tokenId), secret };
};

/** A plain digest will do: the secret is random and long, so there is no dictionary to try. */
export const hashSecret = (secret: string): Digest => `sha256:${createHash('sha256').update(secret).digest('hex')}`;

export const secretOpens = (secret: string, hash: Digest): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(hash));
