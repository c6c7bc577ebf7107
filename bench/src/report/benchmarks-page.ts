import { readFile, writeFile } from 'node:fs/promises';

const begin = '<!-- results: written by npm run bench -->';
const end = '<!-- end of results -->';

/** Puts the results between the two marks of the page; everything around them is written by people. */
export function withResults(page: string, results: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no place for results: "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${results.trim()}\n\n${page.slice(to)}`;
}

export async function updateBenchmarksPage(path: string, results: string): Promise<void> {
  await writeFile(path, withResults(await readFile(path, 'utf8'), results));
}
