import type { FileProblem } from '@cyclone/contracts';
import { limits } from '../limits.js';
import { ProblemReport } from '../problems/problem-report.js';
import { SourceText } from '../problems/source-text.js';

const lineFeed = 0x0a;
const start = { start: 0, end: 1 };
/** Everything below the space that YAML gives no meaning to. */
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

export type Decoded =
  { readonly ok: true; readonly report: ProblemReport } | { readonly ok: false; readonly problems: FileProblem[] };

/** Bytes to text, refusing at once what is too large or no text at all. */
export function decodeText(path: string, bytes: Uint8Array): Decoded {
  if (bytes.byteLength > limits.fileBytesMax) {
    const report = new ProblemReport(path, new SourceText(''));
    report.error(
      'file-too-large',
      start,
      `the file has ${bytes.byteLength} bytes; at most ${limits.fileBytesMax} are read`,
      'keep long scripts in files of their own and call them',
    );
    return { ok: false, problems: report.problems() };
  }
  const text = decodeStrictly(bytes);
  if (text === undefined) return { ok: false, problems: [invalidBytes(path, bytes)] };
  const report = new ProblemReport(path, new SourceText(text));
  const found = control.exec(text);
  if (found === null) return { ok: true, report };
  report.error(
    'control-character',
    { start: found.index, end: found.index + 1 },
    'this is a control character, which no pipeline file may hold',
    'in double quotes it can be written as an escape, for example "\\e"',
  );
  return { ok: false, problems: report.problems() };
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes line by line, since the decoder itself does not tell where it failed. */
function invalidBytes(path: string, bytes: Uint8Array): FileProblem {
  const hint = bytes[0] === 0xff || bytes[0] === 0xfe ? 'it looks like UTF-16: save it as UTF-8' : 'save it as UTF-8';
  let from = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(lineFeed, from);
    const lineBytes = bytes.subarray(from, end === -1 ? bytes.byteLength : end);
    if (end === -1 || decodeStrictly(lineBytes) === undefined) {
      const column = new TextDecoder().decode(lineBytes).indexOf('\ufffd') + 1;
      return {
        severity: 'error',
        code: 'not-utf8',
        message: 'this is not UTF-8 text',
        file: path,
        line,
        column: Math.max(1, column),
        hint,
      };
    }
    from = end + 1;
  }
}
