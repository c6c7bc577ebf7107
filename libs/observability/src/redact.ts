const redacted = '[redacted]';
const depthMax = 6;
const entriesMax = 100;

/** Whole names that hold a credential, compared without case, `-` and `_`. */
const credentialNames = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'credential',
  'credentials',
  'secrets',
  'apikey',
  'xapikey',
  'privatekey',
  'masterkey',
  'passphrase',
  'pass',
  'registryauth',
  'xregistryauth',
  'authconfig',
]);
const credentialEndings = ['password', 'passwd', 'secret', 'token', 'masterkey', 'privatekey', 'apikey'];

const holdsCredential = (name: string): boolean => {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  return credentialNames.has(plain) || credentialEndings.some((ending) => plain.endsWith(ending));
};

const passwordInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi;

/** Removes the password of every URL inside a text. */
export const redactText = (text: string): string =>
  text.includes('://') ? text.replace(passwordInUrl, `$1:${redacted}@`) : text;

const describeError = (error: Error, depth: number): Record<string, unknown> => ({
  name: error.name,
  message: redactText(error.message),
  ...redactEntries({ ...error }, depth + 1),
  stack: error.stack === undefined ? undefined : redactText(error.stack),
  ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
});

const redactValue = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '[deeper]';
  if (value instanceof Error) return describeError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, entriesMax).map((item) => redactValue(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return redactValue([...value], depth);
  return redactEntries(value, depth + 1);
};

const redactEntries = (value: object, depth: number): Record<string, unknown> => {
  const entries = Object.entries(value).slice(0, entriesMax);
  return Object.fromEntries(
    entries.map(([name, item]) => [
      name,
      holdsCredential(name) && item !== undefined ? redacted : redactValue(item, depth),
    ]),
  );
};

/** A copy that may be written down: bounded in depth and width, with no credential in it. */
export const redactFields = (fields: object): Record<string, unknown> => redactEntries(fields, 0);
