/** Tokens of a pattern as numbers: a character is its code point. */
const anything = -1;
const anythingButSlash = -2;
const oneButSlash = -3;
const slash = 0x2f;

/**
 * Branch patterns: `*` is anything but a slash, `**` anything at all, `?` one character but a slash.
 * All ways through the pattern are followed at once, so that no pattern takes more than its length times the text's.
 */
export function globMatches(pattern: string, text: string): boolean {
  const tokens = tokenize(pattern);
  // reached[i]: the first i tokens match what was read so far. A star may also stand for nothing.
  const reached = new Uint8Array(tokens.length + 1);
  reached[0] = 1;
  for (let index = 0; index < tokens.length && isStar(tokens[index]); index += 1) reached[index + 1] = 1;
  for (const char of text) if (!advance(reached, tokens, char.codePointAt(0) ?? 0)) return false;
  return reached[tokens.length] === 1;
}

/** Reads one character; false when no way goes on. */
function advance(reached: Uint8Array, tokens: Int32Array, char: number): boolean {
  let anywhere = false;
  let before = reached[0] === 1;
  let here = false;
  reached[0] = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    const was = reached[index + 1] === 1;
    const taken =
      token === char || token === anything || ((token === anythingButSlash || token === oneButSlash) && char !== slash);
    here = isStar(token) ? here || (was && taken) : before && taken;
    before = was;
    reached[index + 1] = here ? 1 : 0;
    anywhere ||= here;
  }
  return anywhere;
}

function isStar(token: number | undefined): boolean {
  return token === anything || token === anythingButSlash;
}

function tokenize(pattern: string): Int32Array {
  const words = pattern.match(/\*\*+|[^]/gu) ?? [];
  return Int32Array.from(words, (word) => {
    if (word.startsWith('**')) return anything;
    if (word === '*') return anythingButSlash;
    return word === '?' ? oneButSlash : (word.codePointAt(0) ?? 0);
  });
}
