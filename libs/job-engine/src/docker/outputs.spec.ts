import { describe, expect, it } from '@jest/globals';
import { entryProblem } from './outputs.js';

describe('entryProblem', () => {
  it.each([
    { name: 'dist/app', type: 'file' },
    { name: 'dist/', type: 'directory' },
    { name: 'dist/latest', type: 'symlink', linkname: '../dist/app' },
    { name: 'dist/hard', type: 'link', linkname: 'dist/app' },
  ] as const)('takes $type $name', (header) => {
    expect(entryProblem(header)).toBeUndefined();
  });

  it.each([
    { name: '../x', type: 'file' },
    { name: 'a/../../x', type: 'file' },
    { name: '/etc/passwd', type: 'file' },
    { name: 'a\0b', type: 'file' },
    { name: 'dev', type: 'character-device' },
    { name: 'pipe', type: 'fifo' },
    { name: 'out', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'a/out', type: 'symlink', linkname: '../../etc' },
    { name: 'hard', type: 'link', linkname: '../x' },
    { name: '', type: 'file' },
  ] as const)('refuses $type $name', (header) => {
    expect(entryProblem(header)).toBeDefined();
  });
});
