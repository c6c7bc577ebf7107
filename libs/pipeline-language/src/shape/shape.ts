import type { NodeKind, SourceNode } from '../parse/source-node.js';
import { kindName } from '../parse/source-node.js';
import type { ProblemReport } from '../problems/problem-report.js';

export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What may stand at one place of a file. One definition checks it, reads it into a typed value, and describes it as
 * JSON Schema. Reading reports every mistake and gives as much as could be understood; `undefined` means nothing could.
 */
export interface Shape<Value> {
  /** For messages, after "must be". */
  readonly expects: string;
  /** Decides between alternatives: no two of them take the same kind. */
  readonly kinds: readonly NodeKind[];
  readonly schema: JsonSchema;
  read(node: SourceNode, label: string, report: ProblemReport): Value | undefined;
}

export type ValueOf<AnyShape> = AnyShape extends Shape<infer Value> ? Value : never;

/** Codes of what a JSON Schema can find too; all others are rules between keys, or of the text itself. */
export const shapeCodes: ReadonlySet<string> = new Set([
  'wrong-type',
  'unknown-key',
  'missing-key',
  'bad-value',
  'too-many',
  'too-few',
]);

export function reportWrongType(node: SourceNode, label: string, expects: string, report: ProblemReport): undefined {
  if (node.kind === 'null') {
    report.error('wrong-type', node.span, `${label} is empty`, `it must be ${expects}; remove it if it is not needed`);
    return undefined;
  }
  const yaml11 = node.kind === 'text' && /^(?:yes|no|on|off)$/i.test(node.text) && expects.includes('true or false');
  const hint = yaml11 ? 'in YAML 1.2 only `true` and `false` are truth values' : undefined;
  report.error('wrong-type', node.span, `${label} must be ${expects}, not ${kindName(node.kind)}`, hint);
  return undefined;
}

/** One of several shapes, told apart by the kind of the value. */
export function either<Left, Right>(left: Shape<Left>, right: Shape<Right>): Shape<Left | Right> {
  const kinds = [...left.kinds, ...right.kinds];
  const expects = `${left.expects} or ${right.expects}`;
  return {
    expects,
    kinds,
    schema: { anyOf: [left.schema, right.schema] },
    read(node, label, report) {
      if (left.kinds.includes(node.kind)) return left.read(node, label, report);
      if (right.kinds.includes(node.kind)) return right.read(node, label, report);
      return reportWrongType(node, label, expects, report);
    },
  };
}

/** The same text, understood as something else. `convert` reports what it refuses. */
export function mapped<From, To>(
  shape: Shape<From>,
  convert: (value: From, node: SourceNode, report: ProblemReport) => To | undefined,
): Shape<To> {
  return {
    ...shape,
    read(node, label, report) {
      const value = shape.read(node, label, report);
      return value === undefined ? undefined : convert(value, node, report);
    },
  };
}

/** Keeps the value's place, for rules that are checked later. */
export function located<Value>(shape: Shape<Value>): Shape<Located<Value>> {
  return mapped(shape, (value, node) => ({ value, span: node.span }));
}

export interface Located<Value> {
  readonly value: Value;
  readonly span: SourceNode['span'];
}

/** Says in the message what the value is for, where its type alone does not. */
export function expecting<Value>(expects: string, shape: Shape<Value>): Shape<Value> {
  return {
    ...shape,
    expects,
    read: (node, label, report) =>
      shape.kinds.includes(node.kind) ? shape.read(node, label, report) : reportWrongType(node, label, expects, report),
  };
}
