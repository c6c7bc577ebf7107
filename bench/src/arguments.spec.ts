import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

const known = ['w1', 'w2'];

describe('arguments of the benchmark', () => {
  it('are all optional', () => {
    expect(readArguments([], known)).toEqual({
      only: undefined,
      rounds: 5,
      output: 'table',
      store: true,
      profileDir: undefined,
    });
  });

  it('choose measures, rounds and output', () => {
    const read = readArguments(['--only', 'w2,w1', '--rounds', '3', '--output', 'json', '--no-store'], known);
    expect(read).toMatchObject({ only: ['w2', 'w1'], rounds: 3, output: 'json', store: false });
  });

  it.each([
    [['--only', 'w9'], 'there is no w9'],
    [['--rounds', '0'], 'from 1 to 100'],
    [['--rounds', 'x'], 'from 1 to 100'],
    [['--output', 'xml'], 'table or json'],
    [['--what'], "Unknown option '--what'"],
  ])('%j are refused with what is wrong', (given, message) => {
    expect(readArguments(given, known)).toEqual(expect.stringContaining(message));
  });
});
