import { describe, expect, it } from '@jest/globals';
import { SecretMasker } from './secret-masker.js';
import { secretPatterns } from './secret-patterns.js';

const maskAll = (secrets: string[], text: string): string => {
  const masker = new SecretMasker(secretPatterns(secrets));
  return Buffer.concat([masker.push(Buffer.from(text)), masker.flush()]).toString();
};

describe('SecretMasker', () => {
  it('masks a secret that comes byte by byte', () => {
    const masker = new SecretMasker(secretPatterns(['hunter22']));
    const masked = [...'say hunter22 twice: hunter2!'].map((byte) => masker.push(Buffer.from(byte)).toString());
    expect(masked.join('') + masker.flush().toString()).toBe('say *** twice: hunter2!');
  });

  it('masks each line of a secret of several lines', () => {
    const key = '-----BEGIN KEY-----\nMIIabcdef\nZZ\n-----END KEY-----\n';
    expect(maskAll([key], `> MIIabcdef <\n${key}`)).toBe('> *** <\n***');
  });

  it('leaves secrets of less than four bytes alone', () => {
    expect(maskAll(['abc', ''], 'abcabc')).toBe('abcabc');
  });

  it('joins overlapping secrets', () => {
    expect(maskAll(['abcdef', 'defghi'], '-abcdefghi-')).toBe('-***-');
  });

  it('holds a bounded number of bytes, whatever comes', () => {
    const masker = new SecretMasker(secretPatterns(['aaaa', 'aaab']));
    let heldMax = 0;
    for (let round = 0; round < 1000; round += 1) {
      masker.push(Buffer.alloc(1000, 'a'));
      heldMax = Math.max(heldMax, masker.held);
    }
    expect(heldMax).toBeLessThan(200);
  });
});
