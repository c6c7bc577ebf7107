import type { Span } from '../problems/source-text.js';

/** A value of the file and its place. Maps are lists of entries: no key of the file ever becomes a property of ours. */
export type SourceNode = SourceMap | SourceList | SourceScalar;

export interface SourceMap {
  readonly kind: 'map';
  readonly span: Span;
  /** Values in it when each alias is written out. */
  readonly size: number;
  readonly entries: readonly SourceEntry[];
}

export interface SourceEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: SourceNode;
}

export interface SourceList {
  readonly kind: 'list';
  readonly span: Span;
  readonly size: number;
  readonly items: readonly SourceNode[];
}

export interface SourceScalar {
  readonly kind: 'text' | 'number' | 'boolean' | 'null';
  readonly span: Span;
  readonly size: 1;
  /** As it was written: `1.10` stays `1.10`. */
  readonly text: string;
  /** NaN unless a number. */
  readonly number: number;
}

export type NodeKind = SourceNode['kind'];

const kindNames: { readonly [kind in NodeKind]: string } = {
  map: 'a map',
  list: 'a list',
  text: 'text',
  number: 'a number',
  boolean: 'a truth value',
  null: 'nothing',
};

export function kindName(kind: NodeKind): string {
  return kindNames[kind];
}
