/**
 * Cuts a command line into arguments as a shell does: quotes and backslashes, and nothing else of a shell.
 * `undefined` when a quote stays open.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let current: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    if (quote === undefined && /\s/.test(char)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      current ??= '';
    } else if (char === quote) {
      quote = undefined;
    } else if (char === '\\' && quote !== "'" && index + 1 < line.length) {
      index += 1;
      const next = line.charAt(index);
      const kept = quote === '"' && !/["\\$`]/.test(next) ? `\\${next}` : next;
      current = (current ?? '') + kept;
    } else {
      current = (current ?? '') + char;
    }
  }
  if (quote !== undefined) return undefined;
  if (current !== undefined) words.push(current);
  return words;
}
