import type { BuildId, BuildView, EpochMs, Notice, ProjectView } from '@cyclone/contracts';
import type { BuildLogs } from '../email/build-logs.js';
import type { BuildReport } from '../email/build-report.js';
import { type ComposedMail, composeMail } from '../email/compose-mail.js';
import { MailDelayedError, MailRefusedError, type Mailer } from '../email/mailer.js';
import type { Channel, TryOutcome } from './channel.js';
import { Gate } from './gate.js';

export interface MailChannelParts {
  readonly mailer: Mailer;
  readonly logs: BuildLogs;
  readonly buildOf: (buildId: BuildId) => Promise<{ readonly build: BuildView; readonly project: ProjectView }>;
  readonly linksOf: (build: BuildView) => BuildReport['links'];
  readonly domain: string;
  readonly now: () => EpochMs;
}

/** Connections to the mail server, and log files on disk, at once. */
const mailsMax = 4;
const composingMax = 2;
/** After this a mail goes without its log, saying so, rather than not at all. */
const logsMissingMsMax = 10 * 60_000;

const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const createMailChannel = (parts: MailChannelParts): Channel => {
  const sending = new Gate(mailsMax);
  const composing = new Gate(composingMax);

  const compose = async (buildId: BuildId): Promise<ComposedMail> => {
    const context = { ...(await parts.buildOf(buildId)), domain: parts.domain };
    const links = parts.linksOf(context.build);
    try {
      return await composeMail({ ...context, links, logs: parts.logs });
    } catch (error) {
      if (parts.now() - (context.build.finishedAt ?? 0) < logsMissingMsMax) throw error;
      return composeMail({ ...context, links, logs: undefined });
    }
  };

  const send = async (mail: ComposedMail, recipient: string): Promise<TryOutcome> => {
    try {
      return { kind: 'delivered', detail: await parts.mailer.send(mail.to(recipient)), logComplete: mail.logComplete };
    } catch (error) {
      if (error instanceof MailRefusedError) return { kind: 'failed', message: error.message, isPermanent: true };
      if (error instanceof MailDelayedError) return { kind: 'failed', message: error.message, isPermanent: false };
      return { kind: 'failed', message: `the mail could not be sent: ${explain(error)}`, isPermanent: false };
    }
  };

  return {
    name: 'mail',
    deliver: ({ buildId, notices }, onOutcome) =>
      composing.pass(async () => {
        let mail: ComposedMail;
        try {
          mail = await compose(buildId);
        } catch (error) {
          for (const notice of notices) await onOutcome(notice, { kind: 'not-tried', message: explain(error) });
          return;
        }
        try {
          const sendOne = async (notice: Notice): Promise<void> => {
            if (notice.channel === 'mail')
              await onOutcome(notice, await sending.pass(() => send(mail, notice.recipient)));
          };
          await Promise.all(notices.map(sendOne));
        } finally {
          await mail.dispose();
        }
      }),
  };
};
