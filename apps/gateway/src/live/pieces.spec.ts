import { describe, expect, it } from '@jest/globals';
import { StepId } from '@cyclone/contracts';
import fc from 'fast-check';
import { readLogCursor, writeLogCursor } from './log-cursor.js';
import { isOriginAllowed } from './origin.js';
import { asTextOrBase64, wholeCharacters } from './utf8-cut.js';

describe('bytes as text', () => {
  it('cut anywhere, come together again without a broken character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(20)), (text, sizes) => {
        // A lone surrogate has no UTF-8; what is stored never holds one.
        const bytes = Buffer.from(text.toWellFormed());
        let sent = '';
        let held = Buffer.alloc(0);
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          held = Buffer.concat([held, bytes.subarray(at, at + size)]);
          at = Math.min(bytes.length, at + size);
          const whole = wholeCharacters(held);
          const piece = asTextOrBase64(held.subarray(0, whole));
          expect(piece).toHaveProperty('text');
          if ('text' in piece) sent += piece.text;
          held = held.subarray(whole);
        }
        expect(sent).toBe(text.toWellFormed());
      }),
    );
  });
  it('never hold back more than three bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => expect(bytes.length - wholeCharacters(bytes)).toBeLessThanOrEqual(3)),
    );
  });
});

describe('a cursor', () => {
  const order = Array.from({ length: 300 }, (_, index) => StepId.parse(`step${index}`));
  it('says what it was made of', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(299)),
        fc.dictionary(fc.nat(299).map(String), fc.record({ fence: fc.nat(), offset: fc.nat() }), { maxKeys: 5 }),
        (ended, open) => {
          const places = {
            ended: new Set(ended.map((index) => StepId.parse(`step${index}`))),
            open: new Map(Object.entries(open).map(([index, place]) => [StepId.parse(`step${index}`), place])),
          };
          const read = readLogCursor(order, writeLogCursor(order, places));
          expect(read?.ended).toEqual(places.ended);
          expect(new Map(read?.open)).toEqual(places.open);
        },
      ),
    );
  });
  it.each([
    '',
    'x',
    'bnVsbA',
    Buffer.from('[1,"ff",[[9999,1,1]]]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
  ])('%s is none', (text) => {
    expect(readLogCursor(order, text)).toBeUndefined();
  });
  it('of a thousand steps stays short', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => StepId.parse(`s${index}`));
    expect(writeLogCursor(many, { ended: new Set(many), open: new Map() }).length).toBeLessThan(400);
  });
});

it.each<[string | undefined, boolean]>([
  [undefined, true],
  ['https://ci.example.org', true],
  ['http://ci.example.org', true],
  ['https://ci.example.org:444', false],
  ['https://ci.example.org.evil.example', false],
  ['null', false],
  ['', false],
  ['file://', false],
  ['chrome-extension://ci.example.org', false],
  ['https://other.example', true],
])('a page of %s may open a socket: %s', (origin, expected) =>
  expect(isOriginAllowed(origin, 'ci.example.org', ['https://other.example'])).toBe(expected),
);
