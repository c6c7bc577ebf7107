/** Controls, and the marks that turn the direction of text: both can make a terminal show what is not there. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Untrusted text (a commit's message, a file's name) made safe to show on one line. */
export const printable = (text: string): string => text.toWellFormed().replace(unsafe, '\ufffd');
