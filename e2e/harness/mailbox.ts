import { once } from 'node:events';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { freePort } from '@cyclone/local-servers';

export interface ReceivedMail {
  readonly recipient: string;
  readonly mail: ParsedMail;
}

/** A real SMTP server on one port, which can be away for a while. */
export interface Mailbox extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedMail[];
  open(): Promise<void>;
  close(): Promise<void>;
}

export async function createMailbox(): Promise<Mailbox> {
  const port = await freePort();
  const received: ReceivedMail[] = [];
  let server: SMTPServer | undefined;
  const close = async (): Promise<void> => {
    const open = server;
    server = undefined;
    if (open !== undefined) await new Promise<void>((resolve) => open.close(() => resolve()));
  };
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    async open() {
      if (server !== undefined) return;
      server = new SMTPServer({
        authOptional: true,
        disabledCommands: ['STARTTLS'],
        onData(stream, session, callback) {
          simpleParser(stream).then(
            (mail) => {
              for (const { address } of session.envelope.rcptTo) received.push({ recipient: address, mail });
              callback();
            },
            (error: Error) => callback(error),
          );
        },
      });
      // A sender that is killed in the middle of a mail is part of the tests.
      server.on('error', () => undefined);
      server.listen(port, '127.0.0.1');
      await once(server.server, 'listening');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
