/** Thrown for a value that cannot be stored and read back as the same value. */
export class NotStorableError extends Error {
  readonly code = 'not-storable';
}

const storableKey = (key: string): string => {
  if (!key.isWellFormed() || key.includes('\0'))
    throw new NotStorableError(`key ${JSON.stringify(key)} cannot be stored`);
  return key;
};

/**
 * The value as every store gives it back: plain JSON, without `undefined`, and with lone surrogates replaced, since
 * UTF-8 has no form for them and the hash of what is read must be the hash of what was written.
 */
export const storable = (value: unknown): unknown => {
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part));
  if (text === undefined) throw new NotStorableError('there is no value to store');
  return JSON.parse(text) as unknown;
};

/**
 * One text for one value, whatever the order of its keys: JSON without white space, object keys sorted by UTF-16
 * code units, numbers and strings as ECMAScript's `JSON.stringify` writes them, absent and `undefined` members left out.
 */
export const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(storableKey(key))}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
};
