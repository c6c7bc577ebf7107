import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlainText, toPlainLine, toPlainText } from './plain-text.js';

const plain = (text: string): string => toPlainText(Buffer.from(text));

describe('a log as plain text', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['cursor moves that would hide a line', 'secret\u001b[1A\u001b[2Kshown', 'secretshown'],
    ['a window title', '\u001b]0;title\u0007text', 'text'],
    ['a link', '\u001b]8;;https://evil\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['a write to the clipboard', '\u001b]52;c;ZXZpbA==\u0007x', 'x'],
    ['eight-bit control sequences', '\u009b31mred', 'red'],
    ['a character set', '\u001b(Btext', 'text'],
    ['bells and NUL', 'a\u0007\u0000b', 'ab'],
    ['marks that turn the writing', 'a\u202etxt.exe', 'atxt.exe'],
    ['a sequence without end, up to the line end', '\u001b]0;never\nnext', '\nnext'],
    ['carriage returns', '10%\r20%\r\ndone\r', '10%\n20%\ndone\n'],
    ['markup, which is for the renderer to escape', '<script>', '<script>'],
  ])('copes with %s', (_name, text, expected) => expect(plain(text)).toBe(expected));

  it('shows bytes that are no text as such', () => {
    expect(toPlainText(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
  });

  it('swallows no more than a sequence may be long', () => {
    expect(plain(`\u001b]${'x'.repeat(5_000)}`)).toHaveLength(5_001 - 4_097);
  });

  it('is the same wherever the bytes are cut', () => {
    const pieces = fc.constantFrom(
      'word',
      '\u001b[31m',
      '\u001b]0;t\u0007',
      '\u001b',
      '\r',
      '\r\n',
      '\n',
      'ü€😀',
      '\u009b1m',
      '\u001b\\',
      '[',
      'm',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), fc.array(fc.nat(40), { maxLength: 10 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const reader = new PlainText();
        let out = '';
        let from = 0;
        for (const length of cuts) {
          out += reader.push(bytes.subarray(from, from + length));
          from += length;
        }
        out += reader.push(bytes.subarray(from)) + reader.end();
        expect(out).toBe(toPlainText(bytes));
      }),
    );
  });

  it('makes one short line of anything', () => {
    expect(toPlainLine('a\nb\r\nBcc: evil@x\u001b[31m', 100)).toBe('a b Bcc: evil@x');
    expect(toPlainLine('x'.repeat(20), 10)).toBe('xxxxxxxxx…');
  });
});
