/** Shorter ones are not masked: they would hide half of every log and protect nothing. */
export const secretLengthMin = 4;

const base64Cores = (secret: Buffer): string[] =>
  [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    // Only the characters that the secret alone decides: its neighbours share the first and the last ones.
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + secret.length) * 8) / 6);
    const core = shifted.slice(first, last);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });

const formsOf = (secret: string): string[] => {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const form = url.replaceAll('%20', '+');
  const lowerCaseUrl = url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [secret, json, json.replaceAll('/', '\\/'), url, form, lowerCaseUrl, ...base64Cores(Buffer.from(secret))];
};

/**
 * Every byte sequence that gives a secret away: itself, its lines one by one, and its usual encodings (base64 at the
 * three offsets it can have inside a longer text, URL, JSON). A build that means harm can always encode in another
 * way, which is why outsiders' builds are given no secrets at all.
 */
export const secretPatterns = (secrets: Iterable<string>): readonly Buffer[] => {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const part of new Set([
      secret,
      secret.trim(),
      ...secret.split(/\r?\n/).flatMap((line) => [line, line.trim()]),
    ])) {
      if (Buffer.byteLength(part) < secretLengthMin) continue;
      for (const form of formsOf(part)) if (Buffer.byteLength(form) >= secretLengthMin) forms.add(form);
    }
  }
  return [...forms].map((form) => Buffer.from(form)).sort((a, b) => b.length - a.length);
};
