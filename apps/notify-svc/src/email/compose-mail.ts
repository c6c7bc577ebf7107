import { createHash } from 'node:crypto';
import type { BuildView, ProjectView } from '@cyclone/contracts';
import type { BuildLogs } from './build-logs.js';
import { type BuildReport, buildReport, failedSteps } from './build-report.js';
import { type LogAttachment, attachmentLimits, writeLogAttachment } from './log-attachment.js';
import { type StepLog, logText, logsInOrder, readTail } from './log-text.js';
import type { OutgoingMail } from './mailer.js';
import { toPlainLine } from './plain-text.js';
import { renderHtml } from './render-html.js';
import { renderSubject, renderText } from './render-text.js';

/** One build's mail, ready for any number of recipients. */
export interface ComposedMail {
  readonly logComplete: boolean;
  to(recipient: string): OutgoingMail;
  dispose(): Promise<void>;
}

export interface MailContext {
  readonly build: BuildView;
  readonly project: ProjectView;
  /** Undefined when the logs cannot be had and the mail has waited long enough. */
  readonly logs: BuildLogs | undefined;
  readonly links: BuildReport['links'];
  /** Domain of the message ids. */
  readonly domain: string;
  readonly limits?: typeof attachmentLimits;
}

const tailsMax = 3;

const sizeWords = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** Steps whose log is not all there: not sealed, damaged, or announced and never seen. */
const incompleteSteps = (build: BuildView, logs: readonly StepLog[]): string[] => {
  const there = new Set(logs.map(({ step }) => step.id));
  const missing = build.jobs
    .flatMap((job) => job.steps)
    .filter((step) => (step.log?.bytes ?? 0) > 0 && !there.has(step.id));
  const broken = logs.filter(({ log }) => log.damaged || !log.sealed).map(({ step }) => step);
  return [...broken, ...missing].map(({ name }) => toPlainLine(name, 100));
};

const notesOf = (
  attachment: LogAttachment | undefined,
  incomplete: readonly string[],
  logs: readonly StepLog[],
): string[] => {
  const truncated = logs.filter(({ log }) => log.truncated).map(({ step }) => toPlainLine(step.name, 100));
  return [
    attachment === undefined
      ? 'The build wrote no log.'
      : `The full log is attached: ${attachment.filename}, ${sizeWords(attachment.bytes)}.`,
    attachment?.isCut === true
      ? `It is cut at ${sizeWords(attachmentLimits.fileBytesMax)}, since a mail can carry no more. The link below has all of it.`
      : '',
    incomplete.length > 0 ? `Not complete when this mail was sent: ${incomplete.slice(0, 20).join(', ')}.` : '',
    truncated.length > 0
      ? `Cut while it was written, at the limit for one step: ${truncated.slice(0, 20).join(', ')}.`
      : '',
  ].filter((note) => note !== '');
};

const gatherLogs = async ({ build, project, logs: source, limits }: MailContext) => {
  if (source === undefined)
    return {
      attachment: undefined,
      tails: [],
      notes: ['The log could not be read when this mail was sent.'],
      logComplete: false,
    };
  const logs = logsInOrder(build, await source.index(build.id));
  const failed = failedSteps(build);
  const interesting = logs.filter(({ step }) => failed.some(({ id }) => id === step.id)).slice(0, tailsMax);
  const tails = [];
  for (const stepLog of interesting) tails.push(await readTail(build.id, stepLog, source));
  const rawBytes = logs.reduce((sum, { log }) => sum + log.bytes, 0);
  const name = `${project.id}-${build.number}`;
  const attachment =
    logs.length === 0 ? undefined : await writeLogAttachment(logText(build.id, logs, source), name, rawBytes, limits);
  const incomplete = incompleteSteps(build, logs);
  return { attachment, tails, notes: notesOf(attachment, incomplete, logs), logComplete: incomplete.length === 0 };
};

/** The id names build and recipient, and does not give the address away. */
const messageIdOf = (build: BuildView, recipient: string, domain: string): string =>
  `<build.${build.id}.${createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 24)}@${domain}>`;

/** Throws what the logs' source throws. `dispose` must be called when the last recipient's mail was sent. */
export const composeMail = async (context: MailContext): Promise<ComposedMail> => {
  const { build, project, links, domain } = context;
  const { attachment, tails, notes, logComplete } = await gatherLogs(context);
  const report = buildReport(build, project, { tails, notes }, links);
  const mail = {
    subject: renderSubject(report),
    text: renderText(report),
    html: renderHtml(report),
    attachments: attachment === undefined ? [] : [attachment],
  };
  const headers = { 'Auto-Submitted': 'auto-generated', 'X-Cyclone-Project': project.id, 'X-Cyclone-Build': build.id };
  return {
    logComplete,
    to: (recipient) => ({ ...mail, to: recipient, headers, messageId: messageIdOf(build, recipient, domain) }),
    dispose: async () => attachment?.dispose(),
  };
};
