import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { BuildId, ProjectId } from '../ids.js';

/** One thing to tell one receiver, once: the key names it within the build for ever. */
export const Notice = z.discriminatedUnion('channel', [
  z.object({ channel: z.literal('mail'), key: z.string().max(400), recipient: z.string().max(320) }),
  z.object({
    channel: z.literal('commit-status'),
    key: z.string().max(400),
    state: z.enum(['pending', 'running', 'success', 'failure', 'error', 'cancelled']),
    context: z.string().max(200),
  }),
]);
export type Notice = z.infer<typeof Notice>;

export const NoticePlanned = defineEvent({
  type: 'NoticePlanned',
  version: 1,
  stream: 'notification',
  meaning: "By the project's rules this receiver is to be told.",
  schema: z.object({ projectId: ProjectId, buildId: BuildId, notice: Notice }),
});
export const NoticeDelivered = defineEvent({
  type: 'NoticeDelivered',
  version: 1,
  stream: 'notification',
  meaning: "The receiver's server took it.",
  schema: z.object({
    key: z.string(),
    attempt: z.number().int().positive(),
    detail: z.string().max(1000).optional(),
    logComplete: z.boolean().optional(),
  }),
});
export const NoticeFailed = defineEvent({
  type: 'NoticeFailed',
  version: 1,
  stream: 'notification',
  meaning: 'An attempt failed; it is tried again at the time given, or never.',
  schema: z.object({
    key: z.string(),
    attempt: z.number().int().positive(),
    message: z.string().max(2000),
    retryAt: EpochMs.optional(),
  }),
});
export const NoticeSuperseded = defineEvent({
  type: 'NoticeSuperseded',
  version: 1,
  stream: 'notification',
  meaning: 'A later state made this notice pointless before it was delivered.',
  schema: z.object({ key: z.string(), by: z.string() }),
});

export const notificationEvents = [NoticePlanned, NoticeDelivered, NoticeFailed, NoticeSuperseded] as const;
export type NotificationEvent = EventOf<typeof notificationEvents>;
