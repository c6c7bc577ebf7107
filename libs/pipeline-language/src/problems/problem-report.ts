import type { FileProblem } from '@cyclone/contracts';
import { limits } from '../limits.js';
import type { SourceText, Span } from './source-text.js';

/** A function where it takes time to find: a hostile file has thousands of mistakes, of which few are shown. */
export type Hint = string | (() => string | undefined) | undefined;

interface Entry {
  readonly start: number;
  readonly problem: FileProblem;
}

/** Collects everything there is to say about one file, in the file's order and each thing once. */
export class ProblemReport {
  readonly #entries: Entry[] = [];
  readonly #seen = new Set<string>();
  #errors = 0;
  #unlisted = 0;

  constructor(
    readonly file: string,
    readonly source: SourceText,
  ) {}

  error(code: string, span: Span, message: string, hint?: Hint): void {
    this.#add('error', code, span, message, hint);
  }

  warning(code: string, span: Span, message: string, hint?: Hint): void {
    this.#add('warning', code, span, message, hint);
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  problems(): FileProblem[] {
    const sorted = this.#entries.toSorted((left, right) => left.start - right.start).map((entry) => entry.problem);
    if (this.#unlisted > 0) sorted.push(this.#rest());
    return sorted;
  }

  #add(severity: FileProblem['severity'], code: string, span: Span, message: string, hint?: Hint): void {
    if (severity === 'error') this.#errors += 1;
    if (this.#entries.length >= limits.problemsMax) {
      this.#unlisted += 1;
      return;
    }
    // An alias reads one place several times: its mistakes are told once.
    const key = `${code} ${span.start} ${message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const position = this.source.positionOf(span.start);
    const excerpt = this.source.excerpt(span);
    const advice = typeof hint === 'function' ? hint() : hint;
    this.#entries.push({
      start: span.start,
      problem: {
        severity,
        code,
        message,
        file: this.file,
        ...position,
        excerpt,
        ...(advice === undefined ? {} : { hint: advice }),
      },
    });
  }

  #rest(): FileProblem {
    const message = `${this.#unlisted} more; correct these first`;
    return { severity: this.failed ? 'error' : 'warning', code: 'more-problems', message, file: this.file };
  }
}
