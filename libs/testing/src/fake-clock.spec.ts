import { describe, expect, test } from '@jest/globals';
import { FakeClock } from './fake-clock.js';

describe('a fake clock', () => {
  test('stands still until it is moved', () => {
    const clock = new FakeClock('2030-01-01T00:00:00Z');
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2030-01-01T00:00:01.500Z');
    expect(clock.nowMs()).toBe(clock.now().getTime());
  });

  test('fires what became due in the order of time, at its time', () => {
    const clock = new FakeClock('2030-01-01T00:00:00Z');
    const fired: string[] = [];
    const note = (label: string) => () => fired.push(`${label} ${clock.now().getSeconds()}`);
    clock.after(3_000, note('late'));
    clock.after(1_000, note('early'));
    const takeBack = clock.after(2_000, note('never'));
    clock.after(1_000, () => clock.after(1_000, note('chained')));
    takeBack();
    clock.advance(5_000);
    expect(fired).toEqual(['early 1', 'chained 2', 'late 3']);
  });
});
