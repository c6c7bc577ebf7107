import { Writable } from 'node:stream';

const colours: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31, fatal: 35 };
const hidden = new Set(['level', 'time', 'service', 'message']);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseLine = (line: string): Record<string, unknown> | undefined => {
  try {
    const parsed: unknown = JSON.parse(line);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

// Control characters of a hostile value must not reach the terminal; JSON escapes them.
const showValue = (value: unknown): string => {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value;
  return (JSON.stringify(value) ?? String(value)).replace(/[\x7f-\x9f]/g, '?');
};

const showField = (name: string, value: unknown): string => {
  if (!isRecord(value) || typeof value['stack'] !== 'string') return `${name}=${showValue(value)}`;
  return `${name}=${showValue(value['message'])}`;
};

const stackOf = (fields: Record<string, unknown>): string => {
  const error = fields['error'];
  if (!isRecord(error) || typeof error['stack'] !== 'string') return '';
  return error['stack']
    .split('\n')
    .slice(1)
    .map((line) => `\n  ${line.trim()}`)
    .join('');
};

/** One structured line as people read it. Anything else passes unchanged. */
export const prettyLine = (line: string): string => {
  const fields = parseLine(line);
  if (fields === undefined) return line;
  const level = String(fields['level']);
  const time = new Date(Number(fields['time'])).toISOString().slice(11, 23);
  const rest = Object.entries(fields)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => showField(name, value));
  const head = `\u001b[90m${time}\u001b[0m \u001b[${colours[level] ?? 0}m${level.padEnd(5)}\u001b[0m ${String(fields['service'])}: ${String(fields['message'])}`;
  const details = rest.length === 0 ? '' : ` \u001b[90m${rest.join(' ')}\u001b[0m`;
  return `${head}${details}${stackOf(fields)}`;
};

/** Turns structured lines into people's lines on their way to a terminal. */
export const prettyLines = (terminal: NodeJS.WritableStream): Writable =>
  new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, callback) {
      const lines = chunk
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      terminal.write(lines.map((line) => `${prettyLine(line)}\n`).join(''));
      callback();
    },
  });
