import { logLevels } from '@cyclone/observability';
import { configFields } from '@cyclone/service-host';
import { z } from 'zod';
import { parseIntegrations } from './secrets/integrations.js';

const member = /^[A-Za-z0-9._-]{1,200}:\d{1,5}$/;

/** All has a default that docker-compose.yml fits. */
export const setupConfigSchema = z
  .object({
    /** A folder per container that gets secrets, and `kept` for ourselves; each is a volume of its own. */
    CYCLONE_SETUP_DIR: z.string().min(1).default('/setup'),
    CYCLONE_LOG_LEVEL: z.enum(logLevels).default('info'),
    CYCLONE_MONGO_DATABASE: configFields.mongo.CYCLONE_MONGO_DATABASE,
    /** The replica set's members; the first is the one whose network the preparation runs in. */
    CYCLONE_MONGO_MEMBERS: z
      .string()
      .default('mongo:27017')
      .transform((text) => text.split(',').map((name) => name.trim()))
      .pipe(z.array(z.string().regex(member, 'must be host:port, with commas between')).min(1).max(7)),
    CYCLONE_NATS_URL: z.string().default('nats://nats:4222'),
    /** Readers of events: `chat,audit=shop+docs` lets audit read two projects and chat all. */
    CYCLONE_INTEGRATIONS: z
      .string()
      .default('')
      .transform((text, context) => {
        const parsed = parseIntegrations(text);
        if (typeof parsed === 'string') context.addIssue(parsed);
        return typeof parsed === 'string' ? [] : parsed;
      }),
  })
  .transform((env) => ({
    folder: env.CYCLONE_SETUP_DIR,
    logLevel: env.CYCLONE_LOG_LEVEL,
    mongo: { database: env.CYCLONE_MONGO_DATABASE, members: env.CYCLONE_MONGO_MEMBERS },
    natsUrl: env.CYCLONE_NATS_URL,
    integrations: env.CYCLONE_INTEGRATIONS,
  }));
export type SetupConfig = z.output<typeof setupConfigSchema>;
