import { describe, expect, test } from '@jest/globals';
import { didYouMean, editDistance } from './did-you-mean.js';
import { formatProblem } from './format-problem.js';
import { SourceText } from './source-text.js';

describe('did you mean', () => {
  const words = ['steps', 'services', 'commands', 'command', 'working_dir', 'depends_on', 'when'];

  test.each([
    ['step', 'steps'],
    ['comands', 'commands'],
    ['comand', 'command'],
    ['Commands', 'commands'],
    ['workingDir', 'working_dir'],
    ['depends-on', 'depends_on'],
    ['wehn', 'when'],
  ])('%s → %s', (typed, meant) => {
    expect(didYouMean(typed, words)).toBe(meant);
  });

  test.each(['xyzzy', '', 'a', 'x'.repeat(5_000)])('nothing is near %p', (typed) => {
    expect(didYouMean(typed, words)).toBeUndefined();
  });

  test('a swap of neighbours is one slip', () => {
    expect(editDistance('wehn', 'when')).toBe(1);
    expect(editDistance('abc', '')).toBe(3);
  });
});

describe('places in a text', () => {
  const source = new SourceText('one\ntwo three\n\nlast');

  test.each([
    [0, 1, 1],
    [3, 1, 4],
    [4, 2, 1],
    [8, 2, 5],
    [14, 3, 1],
    [15, 4, 1],
    [9_999, 4, 5],
  ])('offset %i is line %i, column %i', (offset, line, column) => {
    expect(source.positionOf(offset)).toEqual({ line, column });
  });

  test('carets stand below what is meant, and end with its line', () => {
    expect(source.excerpt({ start: 8, end: 13 })).toBe('two three\n    ^^^^^');
    expect(source.excerpt({ start: 4, end: 19 })).toBe('two three\n^^^^^^^^^');
    expect(source.excerpt({ start: 14, end: 14 })).toBe('\n^');
  });

  test('a long line is shown around the place', () => {
    const long = new SourceText(`${'a'.repeat(500)}HERE${'b'.repeat(500)}`);
    const [line = '', carets = ''] = long.excerpt({ start: 500, end: 504 }).split('\n');
    expect(line.length).toBeLessThanOrEqual(120);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('a tab takes one column, and what could mislead a terminal is written out', () => {
    expect(new SourceText('\ta\u202eb\u001b[2J').excerpt({ start: 1, end: 2 })).toBe(' a\\u{202e}b\\u{1b}[2J\n ^');
  });
});

describe('a problem on a terminal', () => {
  const problem = {
    severity: 'error',
    code: 'unknown-key',
    message: 'unknown key `step`',
    file: 'cyclone.yaml',
    line: 1,
    column: 1,
    excerpt: 'step: 1\n^^^^',
    hint: 'did you mean `steps`?',
  } as const;

  test('plain', () => {
    expect(formatProblem(problem, { colour: false })).toBe(
      'cyclone.yaml:1:1: error: unknown key `step` [unknown-key]\n    step: 1\n    ^^^^\n  hint: did you mean `steps`?',
    );
  });

  test('in colour it has the same text', () => {
    const coloured = formatProblem(problem, { colour: true });
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(formatProblem(problem, { colour: false }));
  });

  test('without a place', () => {
    expect(formatProblem({ severity: 'warning', code: 'x', message: 'm', file: 'f' }, { colour: false })).toBe(
      'f: warning: m [x]',
    );
  });
});
