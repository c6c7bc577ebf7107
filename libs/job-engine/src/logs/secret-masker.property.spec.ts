import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SecretMasker } from './secret-masker.js';
import { secretLengthMin, secretPatterns } from './secret-patterns.js';

/** Few letters, so that secrets overlap, repeat and nearly match. */
const letters = (max: number, min = 0) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: min, maxLength: max });
const secrets = fc.array(letters(7, secretLengthMin), { minLength: 1, maxLength: 4 });

const maskPieces = (masker: SecretMasker, pieces: readonly string[]): string =>
  Buffer.concat([...pieces.map((piece) => Buffer.from(masker.push(Buffer.from(piece)))), masker.flush()]).toString();

const exact = (values: readonly string[]): Buffer[] => [...new Set(values)].map((value) => Buffer.from(value));

describe('SecretMasker, however the stream is cut', () => {
  it('gives what it gives for the whole', () => {
    fc.assert(
      fc.property(secrets, fc.array(letters(12), { maxLength: 12 }), (values, pieces) => {
        const patterns = exact(values);
        expect(maskPieces(new SecretMasker(patterns), pieces)).toBe(
          maskPieces(new SecretMasker(patterns), [pieces.join('')]),
        );
      }),
    );
  });

  it('lets no secret through', () => {
    fc.assert(
      fc.property(
        secrets,
        fc.array(fc.oneof(letters(6), fc.constant('')), { maxLength: 12 }),
        fc.nat(11),
        (values, pieces, at) => {
          const withSecret = [...pieces.slice(0, at), values[0] ?? '', ...pieces.slice(at)];
          const masked = maskPieces(new SecretMasker(exact(values)), withSecret);
          for (const value of values) expect(masked).not.toContain(value);
        },
      ),
    );
  });

  it('goes on from a point where another left off, by its held bytes alone', () => {
    fc.assert(
      fc.property(secrets, letters(60), fc.nat(60), (values, text, cut) => {
        const bytes = Buffer.from(text);
        const at = Math.min(cut, bytes.length);
        const first = new SecretMasker(exact(values));
        const head = Buffer.from(first.push(bytes.subarray(0, at)));
        const second = new SecretMasker(exact(values));
        const rest = maskPieces(second, [bytes.subarray(at - first.held).toString()]);
        expect(head.toString() + rest).toBe(maskPieces(new SecretMasker(exact(values)), [text]));
      }),
    );
  });

  it('finds a secret in base64 at any offset, in URLs and in JSON', () => {
    const text = fc
      .string({ minLength: secretLengthMin, maxLength: 40 })
      .filter((value) => value.trim().length >= secretLengthMin && value.trim() === value);
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (secret, before, after) => {
        const inner = Buffer.from(secret);
        const encoded = Buffer.concat([before, inner, after]).toString('base64');
        const masker = new SecretMasker(secretPatterns([secret]));
        const masked = maskPieces(masker, [
          encoded,
          '\n',
          encodeURIComponent(secret),
          '\n',
          JSON.stringify({ secret }),
        ]);
        expect(masked.split('\n')[0]).toContain('***');
        expect(masked.split('\n')[1]).toContain('***');
        expect(masked.split('\n')[2]).toBe('{"secret":"***"}');
      }),
    );
  });
});
