import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { limits } from '../limits.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Span } from '../problems/source-text.js';
import type { SourceEntry, SourceNode, SourceScalar } from './source-node.js';

/** The library's tree to ours: aliases resolved within a budget, merge keys carried out, doubled keys found. */
export function convertDocument(root: Node, report: ProblemReport): SourceNode | undefined {
  const node = new Conversion(report).convert(root);
  return report.failed ? undefined : node;
}

class Conversion {
  readonly #anchors = new Map<string, SourceNode>();
  #entries = 0;
  #saidTooLarge = false;

  constructor(readonly report: ProblemReport) {}

  convert(node: unknown): SourceNode {
    if (isAlias(node)) return this.#alias(node.source, spanOf(node));
    const converted = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node) : this.#scalar(node);
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, converted);
    return converted;
  }

  /** Resolves to what was read before, so an alias inside its own anchor finds nothing. */
  #alias(name: string, span: Span): SourceNode {
    const target = this.#anchors.get(name);
    if (target !== undefined) return target;
    this.report.error(
      'unknown-alias',
      span,
      `nothing before this is anchored as ${quoted(`&${name}`)}`,
      'a text that starts with `*` must stand in quotes',
    );
    return nothing(span);
  }

  #list(list: YAMLSeq): SourceNode {
    const span = spanOf(list);
    const items = list.items.map((item) => this.convert(item));
    return this.#bounded({ kind: 'list', span, size: sizeOf(items), items });
  }

  #map(map: YAMLMap): SourceNode {
    const span = spanOf(map);
    const own = new Map<string, SourceEntry>();
    const merged: SourceNode[] = [];
    for (const pair of map.items) {
      const entry = this.#entry(pair, span);
      if (entry === undefined) continue;
      const before = own.get(entry.key);
      if (entry.key === '<<') merged.push(entry.value);
      else if (before === undefined) own.set(entry.key, entry);
      else
        this.report.error(
          'duplicate-key',
          entry.keySpan,
          `${quoted(entry.key)} stands here a second time; the first is in line ${this.#lineOf(before.keySpan)}`,
        );
    }
    const entries = merged.length === 0 ? own : this.#merge(own, merged);
    const values = [...entries.values()];
    return this.#bounded({ kind: 'map', span, size: sizeOf(values.map((entry) => entry.value)), entries: values });
  }

  #entry(pair: Pair, mapSpan: Span): SourceEntry | undefined {
    const key = isAlias(pair.key) ? this.convert(pair.key) : isScalar(pair.key) ? this.#scalar(pair.key) : undefined;
    if (key === undefined || key.kind === 'map' || key.kind === 'list' || key.kind === 'null') {
      const span = spanOf(pair.key, mapSpan);
      this.report.error(
        'bad-key',
        span,
        'a key must be a word',
        'a text that starts with `{`, `[` or `?` must stand in quotes',
      );
      return undefined;
    }
    const keySpan = spanOf(pair.key, mapSpan);
    const value = pair.value === null ? nothing(keySpan) : this.convert(pair.value);
    // An empty value has no width of its own: show the key.
    return { key: key.text, keySpan, value: value.kind === 'null' && value.text === '' ? nothing(keySpan) : value };
  }

  /** `<<`: what stands in the map itself wins, then the earlier of the merged ones. */
  #merge(own: ReadonlyMap<string, SourceEntry>, sources: readonly SourceNode[]): Map<string, SourceEntry> {
    const all = new Map(own);
    for (const source of sources.flatMap((node) => (node.kind === 'list' ? node.items : [node]))) {
      if (source.kind !== 'map') {
        this.report.error('bad-merge', source.span, '`<<` takes in a map, or a list of maps');
        continue;
      }
      this.#entries += source.entries.length;
      if (this.#entries > limits.expandedValuesMax) {
        this.#tooLarge(source.span);
        return all;
      }
      for (const entry of source.entries) if (!all.has(entry.key)) all.set(entry.key, entry);
    }
    return all;
  }

  #scalar(node: unknown): SourceScalar {
    const span = spanOf(node);
    if (!isScalar(node)) return nothing(span);
    const value: unknown = node.value;
    if (typeof value === 'string') return this.#text(value, span);
    if (typeof value === 'number') return { kind: 'number', span, size: 1, text: written(node), number: value };
    if (typeof value === 'boolean') return { kind: 'boolean', span, size: 1, text: String(value), number: Number.NaN };
    return { ...nothing(span), text: written(node) };
  }

  #text(text: string, span: Span): SourceScalar {
    if (text.includes('\u0000') || !text.isWellFormed()) {
      this.report.error(
        'bad-text',
        span,
        'this text holds a NUL or half a character, which no program takes as an argument',
      );
    }
    return { kind: 'text', span, size: 1, text, number: Number.NaN };
  }

  #bounded(node: SourceNode): SourceNode {
    if (node.size <= limits.expandedValuesMax) return node;
    this.#tooLarge(node.span);
    return nothing(node.span);
  }

  #tooLarge(span: Span): void {
    // What holds it is too large as well.
    if (this.#saidTooLarge) return;
    this.#saidTooLarge = true;
    this.report.error(
      'too-many-values',
      span,
      `with every alias written out the file has more than ${limits.expandedValuesMax} values`,
    );
  }

  #lineOf(span: Span): number {
    return this.report.source.positionOf(span.start).line;
  }
}

function written(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}

function nothing(span: Span): SourceScalar {
  return { kind: 'null', span, size: 1, text: '', number: Number.NaN };
}

function sizeOf(nodes: readonly SourceNode[]): number {
  let size = 1;
  for (const node of nodes) size += node.size;
  return size;
}

function spanOf(node: unknown, fallback: Span = { start: 0, end: 1 }): Span {
  const isNode = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node);
  if (!isNode || !node.range) return fallback;
  return { start: node.range[0], end: Math.max(node.range[1], node.range[0] + 1) };
}
