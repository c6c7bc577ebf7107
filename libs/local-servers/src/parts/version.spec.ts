import { describe, expect, test } from '@jest/globals';
import { isAtLeast } from './version.js';

describe('comparing versions', () => {
  test.each([
    ['6.0.27', '5.0', true],
    ['2.9.10', '2.10.17', false],
    ['2.10.17', '2.10.17', true],
    ['20.10.24+dfsg1', '20.10', true],
    ['7', '7.0.1', false],
    ['8.0.0-rc3', '8.0', true],
    ['unknown', '1.0', false],
  ])('%s is at least %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});
