import { configFields } from '@cyclone/service-host';
import { z } from 'zod';

export const notifyConfigSchema = z
  .object({
    ...configFields.mongo,
    ...configFields.nats,
    ...configFields.logs,
    ...configFields.health,
    ...configFields.failpoint,
    /** Where mails go out: `smtp://user:password@host:587`, `smtps://host`. Without it mails fail and the ledger says why. */
    CYCLONE_SMTP_URL: z
      .string()
      .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
      .optional(),
    CYCLONE_MAIL_FROM: z
      .string()
      .regex(/^[^\r\n]*@[^\r\n]*$/, 'must be a mail address')
      .default('Cyclone <cyclone@localhost>'),
    /** How people reach this installation; links in mails and commit statuses begin with it. */
    CYCLONE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
    /** Inside hosts that forges may live on, with commas between. Folders, which other services allow, mean nothing here. */
    CYCLONE_ALLOWED_HOSTS: z.string().default(''),
  })
  .transform((env) => ({
    mongo: { url: env.CYCLONE_MONGO_URL, database: env.CYCLONE_MONGO_DATABASE },
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    smtpUrl: env.CYCLONE_SMTP_URL,
    mailFrom: env.CYCLONE_MAIL_FROM,
    failpoint: env.CYCLONE_FAILPOINT,
    publicUrl: env.CYCLONE_PUBLIC_URL,
    allowedHosts: env.CYCLONE_ALLOWED_HOSTS.split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== '' && !host.startsWith('/')),
  }));
export type NotifyConfig = z.output<typeof notifyConfigSchema>;
