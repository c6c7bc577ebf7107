import type { SourceEntry, SourceMap } from '../parse/source-node.js';
import { didYouMean } from '../problems/did-you-mean.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Span } from '../problems/source-text.js';
import { reportWrongType, type JsonSchema, type Shape } from './shape.js';

/** One key of a record: what may stand there, and the sentence that editors show for it. */
export interface Field<Value> {
  readonly shape: Shape<Value>;
  readonly doc: string;
}

export type Fields = { readonly [key: string]: Field<unknown> };

/** Where a record stands, and where each of its keys stands. */
export interface RecordPlace {
  readonly span: Span;
  keySpan(key: string): Span;
  has(key: string): boolean;
}

export type RecordOf<Table extends Fields> = {
  readonly [Key in keyof Table]?: Table[Key] extends Field<infer Value> ? Value : never;
} & { readonly place: RecordPlace };

interface RecordRules {
  readonly expects?: string;
  readonly required?: readonly string[];
  /** Keys that people type by habit from other systems, and what to write here instead. */
  readonly elsewhere?: ReadonlyMap<string, string>;
  /** Keys with this beginning are nobody's business: a place for anchors. */
  readonly openPrefix?: string;
}

export function field<Value>(shape: Shape<Value>, doc: string): Field<Value> {
  return { shape, doc };
}

/** A map with known keys. */
export function record<const Table extends Fields>(table: Table, rules: RecordRules = {}): Shape<RecordOf<Table>> {
  const expects = rules.expects ?? 'a map';
  const fields = new Map<string, Field<unknown>>(Object.entries(table));
  return {
    expects,
    kinds: ['map'],
    schema: recordSchema(fields, rules),
    read(node, label, report) {
      if (node.kind !== 'map') return reportWrongType(node, label, expects, report);
      const found = new Map<string, unknown>();
      for (const entry of node.entries) {
        const known = fields.get(entry.key);
        if (known !== undefined) found.set(entry.key, known.shape.read(entry.value, `\`${entry.key}\``, report));
        else if (rules.openPrefix === undefined || !entry.key.startsWith(rules.openPrefix))
          reportUnknownKey(entry, fields.keys(), rules.elsewhere, report);
      }
      for (const key of rules.required ?? []) {
        if (!node.entries.some((entry) => entry.key === key))
          report.error('missing-key', node.span, `${label} lacks its key \`${key}\``);
      }
      return assemble<Table>(found, node);
    },
  };
}

/** The one place where the table's types are trusted: every value in `found` was read by the shape of its key. */
function assemble<Table extends Fields>(found: ReadonlyMap<string, unknown>, node: SourceMap): RecordOf<Table> {
  const spans = new Map(node.entries.map((entry) => [entry.key, entry.keySpan]));
  const place: RecordPlace = {
    span: node.span,
    keySpan: (key) => spans.get(key) ?? node.span,
    has: (key) => spans.has(key),
  };
  const value: unknown = Object.assign(Object.create(null), Object.fromEntries(found), { place });
  return value as RecordOf<Table>;
}

function reportUnknownKey(
  entry: SourceEntry,
  known: Iterable<string>,
  elsewhere: ReadonlyMap<string, string> | undefined,
  report: ProblemReport,
): void {
  report.error('unknown-key', entry.keySpan, `unknown key ${quoted(entry.key)}`, () => {
    const names = [...known];
    const near = elsewhere?.has(entry.key) === true ? undefined : didYouMean(entry.key, names);
    return (
      elsewhere?.get(entry.key) ??
      (near === undefined ? `known here: ${names.join(', ')}` : `did you mean \`${near}\`?`)
    );
  });
}

function recordSchema(fields: ReadonlyMap<string, Field<unknown>>, rules: RecordRules): JsonSchema {
  const properties = Object.fromEntries(
    [...fields].map(([key, each]) => [key, { description: each.doc, ...each.shape.schema }]),
  );
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(rules.required === undefined ? {} : { required: rules.required }),
    ...(rules.openPrefix === undefined ? {} : { patternProperties: { [`^${rules.openPrefix}`]: {} } }),
  };
}

/** One entry of a map whose keys the author chose. */
export interface Named<Value> {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Value;
}

interface DictionaryRules {
  readonly max: number;
  readonly min?: number;
  readonly keyPattern: RegExp;
  readonly keyExpects: string;
  readonly expects?: string;
}

/** A map whose keys are names, in the order of the file. */
export function dictionary<Value>(item: Shape<Value>, rules: DictionaryRules): Shape<Named<Value>[]> {
  const expects = rules.expects ?? 'a map';
  const min = rules.min ?? 0;
  return {
    expects,
    kinds: ['map'],
    schema: {
      type: 'object',
      additionalProperties: item.schema,
      propertyNames: { pattern: rules.keyPattern.source },
      maxProperties: rules.max,
      ...(min > 0 ? { minProperties: min } : {}),
    },
    read(node, label, report) {
      if (node.kind !== 'map') return reportWrongType(node, label, expects, report);
      if (node.entries.length < min) report.error('too-few', node.span, `${label} is an empty map`);
      if (node.entries.length > rules.max) {
        report.error(
          'too-many',
          node.span,
          `${label} has ${node.entries.length} entries; at most ${rules.max} are allowed`,
        );
        return undefined;
      }
      return node.entries.flatMap((entry) => readNamed(entry, item, label, rules, report));
    },
  };
}

function readNamed<Value>(
  entry: SourceEntry,
  item: Shape<Value>,
  label: string,
  rules: DictionaryRules,
  report: ProblemReport,
): Named<Value>[] {
  if (!rules.keyPattern.test(entry.key)) {
    report.error(
      'bad-value',
      entry.keySpan,
      `a name in ${label} must be ${rules.keyExpects}, not ${quoted(entry.key)}`,
    );
  }
  const value = item.read(entry.value, quoted(entry.key), report);
  return value === undefined ? [] : [{ name: entry.key, nameSpan: entry.keySpan, value }];
}
