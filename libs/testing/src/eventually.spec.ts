import { describe, expect, test } from '@jest/globals';
import { eventually } from './eventually.js';

describe('eventually', () => {
  test('returns the value of the first try that holds', async () => {
    let tries = 0;
    const value = await eventually(
      () => {
        tries += 1;
        expect(tries).toBeGreaterThan(2);
        return `after ${tries}`;
      },
      { intervalMs: 1 },
    );
    expect(value).toBe('after 3');
  });

  test('throws what did not hold when time is up', async () => {
    const waiting = eventually(async () => expect('late').toBe('now'), { timeoutMs: 20, intervalMs: 5 });
    await expect(waiting).rejects.toThrow(/^still so after 20 ms: [^]*"now"/);
  });
});
