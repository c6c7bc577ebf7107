import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;

export interface SealedBytes {
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly bytes: Buffer;
}

/** A value under a key of its own, and that key under the one derived from the master key. */
export interface SealedValue {
  readonly key: SealedBytes;
  readonly value: SealedBytes;
}

/** A key for one purpose: keys of different purposes tell nothing of each other. */
export const deriveKey = (masterKey: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `cyclone/${purpose}`, keyBytes));

export const sealValue = (wrappingKey: Uint8Array, value: string, about: string): SealedValue => {
  const dataKey = randomBytes(keyBytes);
  return {
    key: sealBytes(wrappingKey, dataKey, `key/${about}`),
    value: sealBytes(dataKey, Buffer.from(value, 'utf8'), `value/${about}`),
  };
};

/** Throws when the key, the bytes or what they are about is not what it was. */
export const openValue = (wrappingKey: Uint8Array, sealed: SealedValue, about: string): string => {
  const dataKey = openBytes(wrappingKey, sealed.key, `key/${about}`);
  return openBytes(dataKey, sealed.value, `value/${about}`).toString('utf8');
};

const sealBytes = (key: Uint8Array, plain: Uint8Array, about: string): SealedBytes => {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(about, 'utf8'));
  const bytes = Buffer.concat([sealing.update(plain), sealing.final()]);
  return { nonce, tag: sealing.getAuthTag(), bytes };
};

const openBytes = (key: Uint8Array, sealed: SealedBytes, about: string): Buffer => {
  const opening = createDecipheriv(cipher, key, sealed.nonce, { authTagLength: 16 })
    .setAAD(Buffer.from(about, 'utf8'))
    .setAuthTag(sealed.tag);
  return Buffer.concat([opening.update(sealed.bytes), opening.final()]);
};
