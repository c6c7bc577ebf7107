import { describe, expect, it } from '@jest/globals';
import { deriveKey, openValue, sealValue, type SealedBytes, type SealedValue } from './envelope-encryption.js';

const masterKey = Buffer.alloc(32, 7);
const key = deriveKey(masterKey, 'spec');
const flip = (sealed: SealedBytes): SealedBytes => {
  const bytes = Buffer.from(sealed.bytes);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return { ...sealed, bytes };
};

describe('a sealed value', () => {
  const sealed = sealValue(key, 'päss wörd', 'shop/TOKEN/1');
  const openings: readonly (readonly [string, SealedValue, string, Uint8Array])[] = [
    ['another name or version', sealed, 'shop/TOKEN/2', key],
    ['another master key', sealed, 'shop/TOKEN/1', deriveKey(Buffer.alloc(32, 8), 'spec')],
    ['a key for another purpose', sealed, 'shop/TOKEN/1', deriveKey(masterKey, 'other')],
    ['an altered value', { ...sealed, value: flip(sealed.value) }, 'shop/TOKEN/1', key],
    ['an altered key', { ...sealed, key: flip(sealed.key) }, 'shop/TOKEN/1', key],
  ];
  it('opens to what it was', () => {
    expect(openValue(key, sealed, 'shop/TOKEN/1')).toBe('päss wörd');
  });
  it('holds nothing of it in clear, and is another each time', () => {
    expect(Buffer.concat([sealed.value.bytes, sealed.key.bytes]).includes('wörd')).toBe(false);
    expect(sealValue(key, 'päss wörd', 'shop/TOKEN/1').value.bytes).not.toEqual(sealed.value.bytes);
  });
  it.each(openings)('does not open with %s', (_what, value, about, wrapping) => {
    expect(() => openValue(wrapping, value, about)).toThrow();
  });
});
