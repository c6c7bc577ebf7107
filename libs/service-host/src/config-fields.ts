import { logLevels } from '@cyclone/observability';
import { z } from 'zod';

const masterKeyBytes = 32;

/** Variables that several services read, spelled once. Each service's schema takes what it needs. */
export const configFields = {
  mongo: {
    CYCLONE_MONGO_URL: z.string().regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://'),
    CYCLONE_MONGO_DATABASE: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,60}$/, 'has letters, digits, "_" and "-"')
      .default('cyclone'),
  },
  nats: {
    CYCLONE_NATS_URL: z.string().regex(/^(nats|tls):\/\//, 'must begin with nats:// or tls://'),
    CYCLONE_NATS_USER: z.string().optional(),
    CYCLONE_NATS_PASSWORD: z.string().optional(),
  },
  masterKey: {
    CYCLONE_MASTER_KEY: z
      .string()
      .refine(
        (text) => Buffer.from(text, 'base64').byteLength === masterKeyBytes,
        `must be ${masterKeyBytes} bytes in base64 (openssl rand -base64 32)`,
      ),
  },
  logs: { CYCLONE_LOG_LEVEL: z.enum(logLevels).default('info') },
  /** For fault tests only. */
  failpoint: { CYCLONE_FAILPOINT: z.string().optional() },
  health: { CYCLONE_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).optional() },
} as const;
