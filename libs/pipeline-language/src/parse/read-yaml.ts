import { Composer, Lexer, Parser, type CST, type Document } from 'yaml';
import { limits } from '../limits.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { convertDocument } from './convert-document.js';
import type { SourceNode } from './source-node.js';
import { explainSyntax } from './explain-syntax.js';

/**
 * YAML 1.2 to nodes with places. Whatever the text, the time is bounded: the parser is fed lexeme by lexeme and
 * stopped at the first excess, since the composer behind it recurses and spends most of its time on errors.
 */
export function readYaml(report: ProblemReport): SourceNode | undefined {
  const { text } = report.source;
  const tokens = tokenize(text, report);
  if (tokens === undefined) return undefined;
  const document = composeOne(tokens, report);
  if (document === undefined) return undefined;
  for (const fault of [...document.errors, ...document.warnings]) explainSyntax(fault, report);
  if (document.contents === null) {
    if (!report.failed)
      report.error('empty-file', { start: 0, end: 1 }, 'the file says nothing', 'start with `steps:`');
    return undefined;
  }
  // A file with broken syntax has no dependable structure: complaints about it would only mislead.
  return report.failed ? undefined : convertDocument(document.contents, report);
}

function tokenize(text: string, report: ProblemReport): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let units = 0;
  for (const lexeme of new Lexer().lex(text)) {
    units += unitsOf(lexeme);
    for (const token of parser.next(lexeme)) tokens.push(token);
    const place = { start: parser.offset, end: parser.offset + 1 };
    // A collection of the file is one token of the parser's stack, or two where a pair is open.
    if (parser.stack.length > 2 * limits.nestingMax) {
      report.error('nested-too-deep', place, `lists and maps are nested more than ${limits.nestingMax} deep here`);
      return undefined;
    }
    if (units > limits.parseUnitsMax) {
      report.error(
        'file-too-complex',
        place,
        'the file has more parts than are read',
        'keep long scripts in files of their own and call them',
      );
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** What can be a fault by itself costs more, since a fault takes longer than anything that is right. */
const faultUnits = 3;

function unitsOf(lexeme: string): number {
  if (/^[\]},!&*%]/.test(lexeme)) return faultUnits;
  if (!lexeme.startsWith('"')) return 1;
  let units = 1;
  for (let index = lexeme.indexOf('\\'); index !== -1; index = lexeme.indexOf('\\', index + 1)) units += faultUnits;
  return units;
}

function composeOne(tokens: readonly CST.Token[], report: ProblemReport): Document.Parsed | undefined {
  // Keys are compared by us, as the library's own comparison is quadratic; `<<` likewise is ours, with a budget.
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens, true)) {
    if (first !== undefined) {
      const place = { start: document.range[0], end: document.range[0] + 1 };
      report.error(
        'several-documents',
        place,
        'a second YAML document starts here',
        'one pipeline file describes one pipeline: remove the `---`',
      );
      break;
    }
    first = document;
  }
  return first;
}
