import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asTag, tagPattern } from './image.js';
import { globMatches } from './glob.js';
import { splitWords } from './split-words.js';

describe('a branch pattern', () => {
  test.each([
    ['main', 'main', true],
    ['main', 'main2', false],
    ['main', 'mai', false],
    ['', '', true],
    ['*', 'main', true],
    ['*', '', true],
    ['*', 'feature/x', false],
    ['**', 'feature/x', true],
    ['feature/*', 'feature/x', true],
    ['feature/*', 'feature/x/y', false],
    ['feature/**', 'feature/x/y', true],
    ['**/hotfix', 'a/b/hotfix', true],
    ['release/v?.*', 'release/v1.2', true],
    ['release/v?', 'release/v/', false],
    ['*a*a*a*b', 'aaaaaaaaaaaa', false],
    ['v1.*', 'v1x2', false],
    ['wip-***-x', 'wip-a/b-x', true],
    ['?', '🌀', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test('agrees with the regular expression it stands for', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }).map((parts) => parts.join(''));
    const patterns = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '?'), { maxLength: 6 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const source = pattern
          .replace(/\*\*+/g, '§')
          .replace(/\*/g, '[^/]*')
          .replace(/§/g, '.*')
          .replace(/\?/g, '[^/]');
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
    );
  });
});

describe('a command line is cut as a shell cuts it', () => {
  test.each<[string, string[] | undefined]>([
    ['npm start', ['npm', 'start']],
    ['  a   b  ', ['a', 'b']],
    ['sh -c "echo one two"', ['sh', '-c', 'echo one two']],
    [`say 'it is "so"'`, ['say', 'it is "so"']],
    ['a\\ b', ['a b']],
    ['"a\\"b" "\\n" \'\\n\'', ['a"b', '\\n', '\\n']],
    ['x ""', ['x', '']],
    ['', []],
    ['open "quote', undefined],
  ])('%s', (line, expected) => {
    expect(splitWords(line)).toEqual(expected);
  });
});

test('any name of a build makes a legal tag', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (name) => expect(asTag(name)).toMatch(tagPattern)));
  expect(asTag('tag_v1.2.0')).toBe('tag_v1.2.0');
});
