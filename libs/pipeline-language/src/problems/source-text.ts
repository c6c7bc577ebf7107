import { printable } from './printable.js';

/** Offsets into the text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const excerptCharsMax = 120;

/** Finds lines and columns, and cuts out the line that a problem is about. */
export class SourceText {
  readonly #lineStarts: number[] = [0];

  constructor(readonly text: string) {
    for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) {
      this.#lineStarts.push(index + 1);
    }
  }

  positionOf(offset: number): Position {
    const inside = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** The line of the span's start, and below it a line of carets. */
  excerpt(span: Span): string {
    const { line, column } = this.positionOf(span.start);
    const whole = this.#line(line);
    const from = column > excerptCharsMax - 20 ? column - 40 : 0;
    const shown = whole.slice(from, from + excerptCharsMax);
    const at = column - 1 - from;
    const length = Math.max(1, span.end - span.start);
    const before = safe(shown.slice(0, at));
    const marked = safe(shown.slice(at, at + length)).trimEnd();
    const after = safe(shown.slice(at + length));
    const carets = '^'.repeat(Math.max(1, marked.length));
    return (
      `${before}${safe(shown.slice(at, at + length))}${after}`.trimEnd() + `\n${' '.repeat(before.length)}${carets}`
    );
  }

  #line(line: number): string {
    const start = this.#lineStarts[line - 1] ?? 0;
    const end = this.#lineStarts[line] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }
}

/** A tab is one column in our count, so it must be one column on the screen. */
function safe(text: string): string {
  return printable(text.replaceAll('\t', ' '));
}
