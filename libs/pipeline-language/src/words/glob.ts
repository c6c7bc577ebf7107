/**
 * Branch patterns: `*` is anything but a slash, `**` anything at all, `?` one character but a slash.
 * All ways through the pattern are followed at once, so that no pattern takes more than its length times the text's.
 */
export function globMatches(pattern: string, text: string): boolean {
  const tokens = tokenize(pattern);
  let states = withSkips(new Set([0]), tokens);
  for (const char of text) {
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === undefined) continue;
      if (token === '**' || (token === '*' && char !== '/')) next.add(state);
      else if (token === char || (token === '?' && char !== '/')) next.add(state + 1);
    }
    if (next.size === 0) return false;
    states = withSkips(next, tokens);
  }
  return states.has(tokens.length);
}

/** A star may also stand for nothing. */
function withSkips(states: Set<number>, tokens: readonly string[]): Set<number> {
  // A set is walked in the order of adding, also over what is added meanwhile.
  for (const state of states) if (tokens[state] === '*' || tokens[state] === '**') states.add(state + 1);
  return states;
}

function tokenize(pattern: string): string[] {
  return pattern.match(/\*\*+|[^]/gu)?.map((token) => (token.startsWith('**') ? '**' : token)) ?? [];
}
