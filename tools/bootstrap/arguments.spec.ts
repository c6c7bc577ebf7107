import { describe, expect, test } from '@jest/globals';
import { parseArguments } from './arguments.mjs';

const tierNames = (request: ReturnType<typeof parseArguments>) => request.tiers?.map(({ name }) => name);

describe('arguments of the bootstrap', () => {
  test('a run of all tests has every tier, cheapest first', () => {
    expect(tierNames(parseArguments(['test']))).toEqual(['unit', 'int', 'e2e']);
  });

  test('--only chooses tiers, and the rest goes to jest', () => {
    const request = parseArguments(['test', '--only', 'unit', '-t', 'lease', '--only', 'e2e']);
    expect(tierNames(request)).toEqual(['unit', 'e2e']);
    expect(request.rest).toEqual(['-t', 'lease']);
  });

  test('--no-install is ours for every target, other options belong to the target', () => {
    const request = parseArguments(['demo', '--keep', '--no-install', '--only', 'x']);
    expect(request).toMatchObject({ target: 'demo', noInstall: true, rest: ['--keep', '--only', 'x'] });
  });

  test.each([
    [[], 'Unknown target: (none)'],
    [['deploy'], 'Unknown target: deploy'],
    [['test', '--only', 'slow'], 'Unknown tier of tests: slow'],
    [['test', '--only'], 'Unknown tier of tests: (none)'],
  ])('%j is refused', (argv, problem) => {
    expect(parseArguments(argv)).toEqual({ problem });
  });
});
