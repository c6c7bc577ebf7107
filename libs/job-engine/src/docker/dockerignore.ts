/** One line of a .dockerignore file. */
interface Rule {
  readonly pattern: RegExp;
  readonly again: boolean;
}

const patternsMax = 2000;

const segment = (part: string): string =>
  part === '**'
    ? '.*'
    : part
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replace(/\*+/g, '[^/]*')
        .replace(/\?/g, '[^/]');

/** `a/** /b` and the like, as Docker reads them: from the top of the context, `!` takes back, the last match counts. */
const toRule = (line: string): Rule => {
  const again = line.startsWith('!');
  const path = (again ? line.slice(1) : line)
    .trim()
    .replace(/^\.?\/+/, '')
    .replace(/\/+$/, '');
  const body = path.split('/').map(segment).join('/').replaceAll('.*/', '(?:.*/)?');
  return { pattern: new RegExp(`^${body}(?:/.*)?$`), again };
};

/** Says of a path in the context whether it stays out. The Dockerfile and the file itself are always in. */
export const dockerIgnore = (text: string, dockerfile: string): ((path: string) => boolean) => {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && line !== '!')
    .slice(0, patternsMax)
    .map(toRule);
  return (path) => {
    const clean = path.replace(/^\.?\/+/, '').replace(/\/+$/, '');
    if (clean === '' || clean === dockerfile || clean === '.dockerignore') return false;
    let out = false;
    for (const rule of rules) if (rule.pattern.test(clean)) out = !rule.again;
    return out;
  };
};
