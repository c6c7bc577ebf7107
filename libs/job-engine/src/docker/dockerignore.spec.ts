import { describe, expect, it } from '@jest/globals';
import { dockerIgnore } from './dockerignore.js';

describe('dockerIgnore', () => {
  it.each([
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'src/node_modules/a.js', false],
    ['**/node_modules', 'src/node_modules/a.js', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['**/*.md', 'README.md', true],
    ['docs/**/x', 'docs/a/b/x', true],
    ['/tmp/', 'tmp/file', true],
    ['a?c', 'abc', true],
    ['*.md\n!README.md', 'README.md', false],
    ['!README.md\n*.md', 'README.md', true],
    ['# *\n\n', 'anything', false],
    ['*', 'Dockerfile', false],
    ['a.b', 'axb', false],
  ])('%j and %s: %s', (text, path, ignored) => {
    expect(dockerIgnore(text, 'Dockerfile')(path)).toBe(ignored);
  });
});
