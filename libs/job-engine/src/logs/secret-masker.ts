export const mask = Buffer.from('***');

interface Span {
  start: number;
  end: number;
}

const empty = Buffer.alloc(0);

/**
 * Replaces secrets in a stream, wherever it is cut. What may be the beginning of a secret is held back until more
 * comes; its state is those held bytes alone, so a masker that begins at a point where nothing is held gives the
 * same as one that saw all before. Overlapping secrets become one mask.
 */
export class SecretMasker {
  private heldBytes: Buffer = empty;
  private readonly lengthMax: number;
  private readonly firstBytes: readonly number[];

  /** `patterns` as secretPatterns makes them. */
  constructor(private readonly patterns: readonly Buffer[]) {
    this.lengthMax = Math.max(0, ...patterns.map((pattern) => pattern.length));
    this.firstBytes = [...new Set(patterns.map((pattern) => pattern.readUInt8(0)))];
  }

  /** Raw bytes that are not yet decided about. At most a few times the longest pattern. */
  get held(): number {
    return this.heldBytes.length;
  }

  /** Takes raw bytes, gives the masked ones that are decided. */
  push(bytes: Buffer): Buffer {
    if (this.lengthMax === 0) return bytes;
    const input = this.heldBytes.length === 0 ? bytes : Buffer.concat([this.heldBytes, bytes]);
    const spans = this.findSpans(input);
    let release = this.possibleStart(input);
    const last = spans.at(-1);
    if (last !== undefined && last.start < release && release < last.end) {
      // A secret that may begin inside a found one would make their mask longer. A chain of such is cut, to bound memory.
      release = last.end - last.start > 4 * this.lengthMax ? last.end : last.start;
    }
    this.heldBytes = Buffer.from(input.subarray(release));
    return render(input, spans, release);
  }

  /** The stream has ended: all that was held. */
  flush(): Buffer {
    const input = this.heldBytes;
    this.heldBytes = empty;
    return this.lengthMax === 0 ? empty : render(input, this.findSpans(input), input.length);
  }

  private findSpans(input: Buffer): Span[] {
    const found: Span[] = [];
    for (const pattern of this.patterns) {
      for (let at = input.indexOf(pattern); at !== -1; at = input.indexOf(pattern, at + 1)) {
        const previous = found.at(-1);
        if (previous !== undefined && previous.start <= at && at < previous.end)
          previous.end = Math.max(previous.end, at + pattern.length);
        else found.push({ start: at, end: at + pattern.length });
      }
    }
    return merge(found);
  }

  /** The first place from which everything to the end may be the beginning of a secret. */
  private possibleStart(input: Buffer): number {
    const from = Math.max(0, input.length - this.lengthMax + 1);
    const tail = input.subarray(from);
    let earliest = tail.length;
    for (const first of this.firstBytes) {
      for (let at = tail.indexOf(first); at !== -1 && at < earliest; at = tail.indexOf(first, at + 1)) {
        if (this.beginsPattern(tail, at)) earliest = at;
      }
    }
    return from + earliest;
  }

  private beginsPattern(tail: Buffer, at: number): boolean {
    const length = tail.length - at;
    return this.patterns.some(
      (pattern) => pattern.length > length && pattern.compare(tail, at, tail.length, 0, length) === 0,
    );
  }
}

const merge = (spans: Span[]): Span[] => {
  if (spans.length < 2) return spans;
  spans.sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of spans) {
    const previous = merged.at(-1);
    if (previous !== undefined && span.start < previous.end) previous.end = Math.max(previous.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
};

const render = (input: Buffer, spans: readonly Span[], end: number): Buffer => {
  const parts: Buffer[] = [];
  let from = 0;
  for (const span of spans) {
    if (span.start >= end) break;
    if (span.start > from) parts.push(input.subarray(from, span.start));
    parts.push(mask);
    from = span.end;
  }
  const rest = input.subarray(from, Math.max(from, end));
  return parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
};
