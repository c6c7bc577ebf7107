import type { ErrorCode, YAMLError } from 'yaml';
import { printable } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';

const hints: { readonly [code in ErrorCode]?: string } = {
  TAB_AS_INDENT: 'YAML indents with spaces only: replace the tab',
  BAD_INDENT: 'keys of one map start in one column',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a text that holds ": " must stand in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line, and a colon with a space follows it',
  MISSING_CHAR: 'something that was opened is not closed, or a text that needs quotes has none',
  BAD_DQ_ESCAPE: 'in double quotes a backslash is written twice; in single quotes once',
  TAG_RESOLVE_FAILED: 'tags have no use here: remove the `!` and the word behind it, or put the text in quotes',
  BAD_ALIAS: 'a text that starts with `*` or `&` must stand in quotes',
};

/** The parser's fault in the parser's words, with a way out where we know one. */
export function explainSyntax(fault: YAMLError, report: ProblemReport): void {
  const [start, end] = fault.pos;
  const message = printable(fault.message.charAt(0).toLowerCase() + fault.message.slice(1));
  report.error('yaml-syntax', { start, end: Math.max(end, start + 1) }, message.slice(0, 200), hints[fault.code]);
}
