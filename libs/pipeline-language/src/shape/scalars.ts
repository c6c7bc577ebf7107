import type { NodeKind, SourceNode, SourceScalar } from '../parse/source-node.js';
import { didYouMean } from '../problems/did-you-mean.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { reportWrongType, type Shape } from './shape.js';

interface TextRules {
  readonly charsMax: number;
  readonly charsMin?: number;
  /** Anchored; used for JSON Schema too, so without flags. */
  readonly pattern?: RegExp;
  /** What the pattern wants, for people: "must be ...". */
  readonly expects?: string;
  readonly hint?: (text: string) => string | undefined;
}

/** Text proper; a number or a truth value here is a mistake. */
export function text(rules: TextRules): Shape<string> {
  return scalarText(['text'], 'text', rules, { type: 'string' });
}

/** Text, where people also write bare numbers and truth values; they count as they are written. */
export function word(rules: TextRules): Shape<string> {
  return scalarText(['text', 'number', 'boolean'], 'text', rules, { type: ['string', 'number', 'boolean'] });
}

function scalarText(kinds: readonly NodeKind[], expects: string, rules: TextRules, type: object): Shape<string> {
  const bounds = { minLength: rules.charsMin ?? 1, maxLength: rules.charsMax };
  const pattern = rules.pattern === undefined ? {} : { pattern: rules.pattern.source };
  const wanted = rules.expects ?? expects;
  return {
    expects: wanted,
    kinds,
    schema: { ...type, ...bounds, ...pattern },
    read(node, label, report) {
      if (!isScalar(node) || !kinds.includes(node.kind)) return reportWrongType(node, label, wanted, report);
      return readText(node, label, rules, report);
    },
  };
}

function readText(node: SourceScalar, label: string, rules: TextRules, report: ProblemReport): string | undefined {
  const refuse = (message: string) => {
    report.error('bad-value', node.span, message, rules.hint?.(node.text));
    return undefined;
  };
  if (node.text.length < (rules.charsMin ?? 1)) return refuse(`${label} is empty`);
  if (node.text.length > rules.charsMax)
    return refuse(`${label} has ${node.text.length} characters; at most ${rules.charsMax} are allowed`);
  if (rules.pattern !== undefined && !rules.pattern.test(node.text)) {
    return refuse(`${label} must be ${rules.expects ?? 'another text'}, not ${quoted(node.text)}`);
  }
  return node.text;
}

export function integer(rules: { readonly min: number; readonly max: number }): Shape<number> {
  const expects = `a whole number from ${rules.min} to ${rules.max}`;
  return {
    expects,
    kinds: ['number'],
    schema: { type: 'integer', minimum: rules.min, maximum: rules.max },
    read(node, label, report) {
      if (node.kind !== 'number') return reportWrongType(node, label, expects, report);
      if (Number.isInteger(node.number) && node.number >= rules.min && node.number <= rules.max) return node.number;
      report.error('bad-value', node.span, `${label} must be ${expects}, not ${quoted(node.text)}`);
      return undefined;
    },
  };
}

export const boolean: Shape<boolean> = {
  expects: 'true or false',
  kinds: ['boolean'],
  schema: { type: 'boolean' },
  read(node, label, report) {
    return node.kind === 'boolean' ? node.text === 'true' : reportWrongType(node, label, 'true or false', report);
  },
};

/** One of a few words. `elsewhere` explains the words of other systems. */
export function choice<const Word extends string>(
  words: readonly Word[],
  elsewhere: ReadonlyMap<string, string> = new Map(),
): Shape<Word> {
  const expects = `one of ${words.map((each) => `\`${each}\``).join(', ')}`;
  return {
    expects,
    kinds: ['text'],
    schema: { enum: words },
    read(node, label, report) {
      if (node.kind !== 'text') return reportWrongType(node, label, expects, report);
      const found = words.find((each) => each === node.text);
      if (found !== undefined) return found;
      const near = didYouMean(node.text, words);
      const hint = elsewhere.get(node.text) ?? (near === undefined ? undefined : `did you mean \`${near}\`?`);
      report.error('bad-value', node.span, `${label} must be ${expects}, not ${quoted(node.text)}`, hint);
      return undefined;
    },
  };
}

export function isScalar(node: SourceNode): node is SourceScalar {
  return node.kind !== 'map' && node.kind !== 'list';
}
