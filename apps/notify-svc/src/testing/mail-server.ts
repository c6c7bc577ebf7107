import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export const portOf = (address: unknown): number =>
  typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0;

/** A real SMTP server that keeps what it takes. */
export class MailServer {
  readonly mails: ParsedMail[] = [];
  port = 0;
  #server: SMTPServer | undefined;
  /** Says no to these recipients, for good. */
  refused: string[] = [];

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _session, callback) =>
        callback(
          this.refused.includes(address) ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null,
        ),
      onData: (stream, _session, callback) => {
        simpleParser(stream).then(
          (mail) => {
            this.mails.push(mail);
            callback();
          },
          (error: Error) => callback(error),
        );
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', () => resolve()));
    this.port = portOf(server.server.address());
    this.#server = server;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
    );
    this.#server = undefined;
  }

  recipients(): string[] {
    return this.mails.map((mail) => (Array.isArray(mail.to) ? '' : (mail.to?.text ?? ''))).sort();
  }
}
