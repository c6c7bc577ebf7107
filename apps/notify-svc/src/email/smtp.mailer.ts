import { createTransport } from 'nodemailer';
import { MailDelayedError, MailRefusedError, type Mailer, type OutgoingMail } from './mailer.js';

export interface SmtpOptions {
  /** `smtp://user:password@host:587` or `smtps://...`. */
  readonly url: string;
  readonly from: string;
}

const connectTimeoutMs = 10_000;
const silenceMs = 60_000;

/** Refused for good: the recipient, the sender or the message itself. A refused login is the administrator's to mend, so it is tried again. */
const isRefusal = (error: Error): boolean => {
  const isLogin = 'code' in error && error.code === 'EAUTH';
  return !isLogin && 'responseCode' in error && typeof error.responseCode === 'number' && error.responseCode >= 500;
};

/** A connection for each mail: mails are few, and one that hangs keeps no other waiting. */
export const createSmtpMailer = ({ url, from }: SmtpOptions): Mailer => {
  const transport = createTransport({
    url,
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail: OutgoingMail) => {
      const attachments = mail.attachments.map(({ filename, contentType, open }) => ({
        filename,
        contentType,
        content: open(),
      }));
      try {
        const { to, subject, text, html, messageId, headers } = mail;
        const sent = await transport.sendMail({
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId,
          headers,
          attachments,
        });
        return sent.response;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (isRefusal(error)) throw new MailRefusedError(error.message, { cause: error });
        throw new MailDelayedError(error.message, { cause: error });
      } finally {
        for (const { content } of attachments) content.destroy();
      }
    },
  };
};

/** Where no mail server is configured every mail is refused, and the ledger says so. */
export const unconfiguredMailer: Mailer = {
  send: () =>
    Promise.reject(new MailRefusedError('no mail server is configured: set CYCLONE_SMTP_URL and CYCLONE_MAIL_FROM')),
};
