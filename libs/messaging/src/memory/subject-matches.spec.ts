import { expect, it } from '@jest/globals';
import { subjectMatches } from './subject-matches.js';

it.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
  ['a.b.c', 'a.b', false],
  ['a.*.c', 'a.b.c', true],
  ['a.*', 'a.b.c', false],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
])('%s and %s: %s', (filter, subject, expected) => {
  expect(subjectMatches(filter, subject)).toBe(expected);
});
