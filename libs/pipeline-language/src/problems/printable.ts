/** Controls, and the marks that turn the direction of text: both can make a terminal show what is not there. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Untrusted text made safe to show on one line. */
export function printable(text: string): string {
  return text.toWellFormed().replace(unsafe, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A short quotation for a message. */
export function quoted(text: string, charsMax = 60): string {
  const shown = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  return `\`${printable(shown)}\``;
}
