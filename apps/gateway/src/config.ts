import { configFields } from '@cyclone/service-host';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );

export const gatewayConfigSchema = z
  .object({
    ...configFields.mongo,
    ...configFields.nats,
    ...configFields.logs,
    ...configFields.health,
    ...configFields.failpoint,
    CYCLONE_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
    CYCLONE_GATEWAY_HOST: z.string().default('127.0.0.1'),
    /** Where forges and browsers reach the gateway; by default where it listens. */
    CYCLONE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
    CYCLONE_REDIS_URL: z
      .string()
      .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
      .optional(),
    /** Hosts and folders that an administrator allows although they lie inside. */
    CYCLONE_ALLOWED_HOSTS: list,
    /** Other addresses whose pages may open sockets: `https://dash.example.org`. */
    CYCLONE_ALLOWED_ORIGINS: list,
    /** Addresses or networks of proxies in front, whose X-Forwarded-For is believed. */
    CYCLONE_TRUSTED_PROXIES: list,
    /** Where the first administrator's token is left, readable by its owner only; else it is printed. */
    CYCLONE_FIRST_TOKEN_FILE: z.string().optional(),
    /** Failed authentications of one address in a minute before it is sent away. */
    CYCLONE_AUTH_FAILURES_MAX: z.coerce.number().int().positive().default(60),
  })
  .transform((env) => ({
    mongo: { url: env.CYCLONE_MONGO_URL, database: env.CYCLONE_MONGO_DATABASE },
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    listen: { port: env.CYCLONE_GATEWAY_PORT, host: env.CYCLONE_GATEWAY_HOST },
    publicUrl: env.CYCLONE_PUBLIC_URL,
    redisUrl: env.CYCLONE_REDIS_URL,
    allowedHosts: env.CYCLONE_ALLOWED_HOSTS,
    allowedOrigins: env.CYCLONE_ALLOWED_ORIGINS,
    trustedProxies: env.CYCLONE_TRUSTED_PROXIES,
    firstTokenFile: env.CYCLONE_FIRST_TOKEN_FILE,
    authFailuresMax: env.CYCLONE_AUTH_FAILURES_MAX,
    failpoint: env.CYCLONE_FAILPOINT,
  }));
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
