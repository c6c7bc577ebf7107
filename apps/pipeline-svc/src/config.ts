import { configFields } from '@cyclone/service-host';
import { z } from 'zod';
import { checkpointPathsIn } from './checkpoints/checkpoint-paths.js';

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
    /** Ed25519 in PEM, signs checkpoints; made in the data folder where none is named. Several processes share one. */
    CYCLONE_CHECKPOINT_KEY_FILE: z.string().min(1).optional(),
    /** Where each checkpoint is written to besides the database. */
    CYCLONE_CHECKPOINT_FILE: z.string().min(1).optional(),
    CYCLONE_CHECKPOINT_EVERY_COMMITS: z.coerce.number().int().min(1).max(1_000_000).default(1_000),
    CYCLONE_CHECKPOINT_EVERY_SECONDS: z.coerce.number().int().min(1).max(86_400).default(600),
    PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  })
  .transform((env) => ({
    mongo: { url: env.CYCLONE_MONGO_URL, database: env.CYCLONE_MONGO_DATABASE },
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    masterKey: env.CYCLONE_MASTER_KEY,
    dataFolder: env.CYCLONE_DATA_DIR,
    allowedSources: env.CYCLONE_ALLOWED_HOSTS,
    certificateFile: env.CYCLONE_CA_FILE,
    checkpoints: {
      paths: checkpointPathsIn(env.CYCLONE_DATA_DIR, {
        keyFile: env.CYCLONE_CHECKPOINT_KEY_FILE,
        linesFile: env.CYCLONE_CHECKPOINT_FILE,
      }),
      everyCommits: env.CYCLONE_CHECKPOINT_EVERY_COMMITS,
      everyMs: env.CYCLONE_CHECKPOINT_EVERY_SECONDS * 1_000,
    },
    failpoint: env.CYCLONE_FAILPOINT,
    searchPath: env.PATH,
  }));
export type PipelineConfig = z.output<typeof pipelineConfigSchema>;
