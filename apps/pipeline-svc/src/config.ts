import { configFields } from '@cyclone/service-host';
import { z } from 'zod';

/** The only place that knows the variables' names. */
export const pipelineConfigSchema = z
  .object({
    ...configFields.mongo,
    ...configFields.nats,
    ...configFields.masterKey,
    ...configFields.logs,
    ...configFields.health,
    ...configFields.failpoint,
    /** Short-lived fetches of pipeline files. */
    CYCLONE_DATA_DIR: z.string().min(1),
    /** Hosts and folders that repositories may live at although they are inside, or on this machine. */
    CYCLONE_ALLOWED_HOSTS: z.string().default(''),
    /** Further authorities, in one PEM file, that a forge's certificate may be signed by. */
    CYCLONE_CA_FILE: z.string().optional(),
    PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  })
  .transform((env) => ({
    mongo: { url: env.CYCLONE_MONGO_URL, database: env.CYCLONE_MONGO_DATABASE },
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    masterKey: env.CYCLONE_MASTER_KEY,
    dataFolder: env.CYCLONE_DATA_DIR,
    allowedSources: env.CYCLONE_ALLOWED_HOSTS,
    certificateFile: env.CYCLONE_CA_FILE,
    failpoint: env.CYCLONE_FAILPOINT,
    searchPath: env.PATH,
  }));
export type PipelineConfig = z.output<typeof pipelineConfigSchema>;
