import { configFields } from '@cyclone/service-host';
import { z } from 'zod';

const dayMs = 24 * 60 * 60 * 1000;

export const logConfigSchema = z
  .object({
    ...configFields.mongo,
    ...configFields.nats,
    ...configFields.logs,
    ...configFields.health,
    ...configFields.failpoint,
    /** Age at which a log's bytes are removed. */
    CYCLONE_LOG_RETENTION_DAYS: z.coerce.number().positive().max(36_500).default(30),
    /** How often silent and old logs are looked for. */
    CYCLONE_LOG_SWEEP_SECONDS: z.coerce.number().positive().max(3_600).default(30),
  })
  .transform((env) => ({
    mongo: { url: env.CYCLONE_MONGO_URL, database: env.CYCLONE_MONGO_DATABASE },
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    retentionMs: env.CYCLONE_LOG_RETENTION_DAYS * dayMs,
    sweepEveryMs: env.CYCLONE_LOG_SWEEP_SECONDS * 1_000,
    failpoint: env.CYCLONE_FAILPOINT,
  }));
export type LogConfig = z.output<typeof logConfigSchema>;
