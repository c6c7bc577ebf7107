import { describe, expect, it } from '@jest/globals';
import { failpointOf } from './failpoint.js';

const deathsOf = (setting: string | undefined, reached: readonly string[]): number[] => {
  const deaths: number[] = [];
  let step = 0;
  const failpoint = failpointOf(setting, () => void deaths.push(step));
  for (const name of reached) {
    step += 1;
    failpoint(name);
  }
  return deaths;
};

describe('a failpoint', () => {
  it('kills at its place, the first time or the n-th', () => {
    expect(deathsOf('after-append', ['before-append', 'after-append', 'after-append'])).toEqual([2]);
    expect(deathsOf('after-append:2', ['after-append', 'before-append', 'after-append', 'after-append'])).toEqual([3]);
  });

  it('is nothing when none is set', () => {
    expect(deathsOf(undefined, ['after-append'])).toEqual([]);
    expect(deathsOf(' ', ['after-append'])).toEqual([]);
  });

  it.each(['a:0', 'a:x', 'a:1.5'])('refuses %s', (setting) => {
    expect(() => failpointOf(setting)).toThrow(/name:n/);
  });
});
