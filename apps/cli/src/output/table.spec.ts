import { describe, expect, it } from '@jest/globals';
import { formatTable } from './table.js';

describe('a table', () => {
  it('has columns as wide as their widest cell, and no blanks at the end of a line', () => {
    const rows = [
      ['1', 'shop', ''],
      ['12', 'web', 'first'],
    ];
    expect(formatTable(['#', 'PROJECT', 'MESSAGE'], rows)).toBe(
      ['#   PROJECT  MESSAGE', '1   shop', '12  web      first'].join('\n'),
    );
  });

  it('has headings also without rows', () => {
    expect(formatTable(['BUILD', 'STATE'], [])).toBe('BUILD  STATE');
  });

  it('keeps its columns under characters of more than one code unit', () => {
    expect(formatTable(['A', 'B'], [['🚀🚀', 'x']])).toBe('A   B\n🚀🚀  x');
  });

  it('does not let a cell steer the terminal', () => {
    expect(formatTable(['A'], [['\u001b[2Jgone\r\nnext\u202e']])).toBe('A\n�[2Jgone��next�');
  });
});
