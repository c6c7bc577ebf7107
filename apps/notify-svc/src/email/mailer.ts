import type { Readable } from 'node:stream';

export interface MailAttachment {
  readonly filename: string;
  readonly contentType: string;
  open(): Readable;
}

export interface OutgoingMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for every try, so that a receiver can drop a repetition. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly MailAttachment[];
}

/**
 * Hands mails to a server, any number at once. `send` resolves when the server has taken responsibility for the mail,
 * with its words. It throws {@link MailRefusedError} when this mail will never be taken, and {@link MailDelayedError}
 * when it may be later; whether the server has it then is unknown.
 */
export interface Mailer {
  send(mail: OutgoingMail): Promise<string>;
}

/** Thrown when the server refused the mail or its recipient for good. */
export class MailRefusedError extends Error {
  readonly code = 'mail-refused';
  readonly retriable = false;
}

/** Thrown when the server cannot be reached or asks to come back. */
export class MailDelayedError extends Error {
  readonly code = 'mail-delayed';
  readonly retriable = true;
}
