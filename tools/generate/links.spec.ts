import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from './generated-files.ts';
import { anchorsOf, linksOf } from './links.ts';

const elsewhere = /^[a-z][a-z0-9+.-]*:/i;
const notOurs = /(^|\/)(node_modules|dist|\.[^/]+)(\/|$)/;

async function pagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(repositoryRoot, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (notOurs.test(path)) return [];
      if (entry.isDirectory()) return pagesIn(path);
      return path.endsWith('.md') ? [path] : [];
    }),
  );
  return found.flat();
}

const pages = (await pagesIn('.')).toSorted();
const textOf = (page: string): Promise<string> => readFile(join(repositoryRoot, page), 'utf8');

/** What is wrong with a link; nothing when it leads somewhere. */
async function problemOf(page: string, target: string): Promise<string | undefined> {
  if (elsewhere.test(target)) return undefined;
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (file.startsWith('..') || path.startsWith('/')) return 'leads out of the repository';
  const found = await stat(join(repositoryRoot, file)).catch(() => undefined);
  if (found === undefined) return 'is not there';
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(await textOf(file)).has(anchor) ? undefined : 'has no such heading';
}

describe('links between the pages', () => {
  test.each(pages)('%s leads nowhere in vain', async (page) => {
    const broken: string[] = [];
    for (const { line, target } of linksOf(await textOf(page))) {
      const problem = await problemOf(page, target);
      if (problem !== undefined) broken.push(`${relative('.', page)}:${line}: ${target} ${problem}`);
    }
    expect(broken).toEqual([]);
  });

  test('the pages that people begin with are among them', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/event-catalog.md']));
  });
});

describe('the checker', () => {
  test('finds links and images, also several in a line, and none in code', () => {
    const page = [
      'See [a](a.md), ![b](<b.png> "title") and `[c](c.md)`.',
      '```',
      '[d](d.md)',
      '```',
      '[e]: e.md#f',
    ].join('\n');
    expect(linksOf(page)).toEqual([
      { line: 1, target: 'a.md' },
      { line: 1, target: 'b.png' },
      { line: 5, target: 'e.md#f' },
    ]);
  });

  test('names headings as GitHub does', () => {
    const page =
      '# The `cyclone` command\n## Keys, and more\n## Keys, and more\n```\n# no\n```\n### [Linked](x.md) _one_\n';
    expect([...anchorsOf(page)]).toEqual(['the-cyclone-command', 'keys-and-more', 'keys-and-more-1', 'linked-_one_']);
  });

  test('tells a file, a heading and a way out of the repository apart', async () => {
    expect(await problemOf('docs/cli.md', 'nowhere.md')).toBe('is not there');
    expect(await problemOf('docs/cli.md', 'event-catalog.md#nowhere')).toBe('has no such heading');
    expect(await problemOf('docs/cli.md', 'event-catalog.md#buildfinished')).toBeUndefined();
    expect(await problemOf('docs/cli.md', '../../etc/passwd')).toBe('leads out of the repository');
    expect(await problemOf('docs/cli.md', 'https://example.com/x')).toBeUndefined();
  });
});
