const escape = '\u001b';
const bell = '\u0007';
/** Control characters other than tab and newline, and the marks that turn the direction of writing. */
const special = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** An escape sequence that is longer has lost its end. */
const sequenceCharsMax = 4_096;

type Mode = 'text' | 'escape' | 'csi' | 'string' | 'string-escape';

/** What a terminal would do is not what a file should do: keeps the words of a log and drops colours, titles, links and cursor moves. */
export class PlainText {
  readonly #decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  #mode: Mode = 'text';
  #sequenceChars = 0;
  #isCarriageReturned = false;

  /** Bytes may be cut anywhere, within a character or a sequence. */
  push(bytes: Uint8Array): string {
    return this.#clean(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): string {
    const rest = this.#clean(this.#decoder.decode());
    return this.#isCarriageReturned ? `${rest}\n` : rest;
  }

  #clean(text: string): string {
    if (this.#mode === 'text' && !this.#isCarriageReturned && !special.test(text)) return text;
    let out = '';
    for (const char of text) out += this.#take(char);
    return out;
  }

  #take(char: string): string {
    if (this.#mode === 'text') return this.#takeText(char);
    this.#sequenceChars += 1;
    if (char === '\n' || this.#sequenceChars > sequenceCharsMax) {
      this.#mode = 'text';
      return char === '\n' ? '\n' : '';
    }
    this.#mode = this.#nextMode(char);
    return '';
  }

  #takeText(char: string): string {
    const before = this.#isCarriageReturned && char !== '\n' && char !== '\r' ? '\n' : '';
    this.#isCarriageReturned = char === '\r';
    if (char === escape || char === '\u009b' || char === '\u009d') {
      this.#mode = char === escape ? 'escape' : char === '\u009b' ? 'csi' : 'string';
      this.#sequenceChars = 0;
      return before;
    }
    return special.test(char) ? before : before + char;
  }

  /** CSI ends with a letter or sign; OSC, DCS and their like end with a bell or `ESC \`; all others are two characters long. */
  #nextMode(char: string): Mode {
    switch (this.#mode) {
      case 'escape':
        return char === '[' ? 'csi' : /[\]PX^_]/.test(char) ? 'string' : /[ -/]/.test(char) ? 'escape' : 'text';
      case 'csi':
        return /[@-~]/.test(char) ? 'text' : 'csi';
      case 'string-escape':
        return char === '\\' ? 'text' : char === escape ? 'string-escape' : 'string';
      default:
        return char === bell || char === '\u009c' ? 'text' : char === escape ? 'string-escape' : 'string';
    }
  }
}

export const toPlainText = (bytes: Uint8Array): string => {
  const text = new PlainText();
  return text.push(bytes) + text.end();
};

/** One line of somebody's words, safe in a subject, a heading or a cell. */
export const toPlainLine = (text: string, charsMax: number): string => {
  const line = toPlainText(Buffer.from(text)).replace(/\s+/g, ' ').trim();
  return line.length > charsMax ? `${line.slice(0, charsMax - 1)}…` : line;
};
