import { join } from 'node:path';
import { parseSourcePolicy } from '@cyclone/job-engine/source-policy';
import { configFields } from '@cyclone/service-host';
import { z } from 'zod';

const mebi = 1024 * 1024;

const labels = z
  .string()
  .default('')
  .transform((text, context) => {
    const pairs = text
      .split(',')
      .map((pair) => pair.trim())
      .filter((pair) => pair !== '');
    for (const pair of pairs)
      if (!/^[^=\s]{1,100}=[^=]{0,200}$/.test(pair)) context.addIssue(`"${pair}" is not name=value`);
    return Object.fromEntries(
      pairs.map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  });

export const runnerConfigSchema = z
  .object({
    ...configFields.nats,
    ...configFields.logs,
    ...configFields.health,
    ...configFields.failpoint,
    /** Journals and log spools live here: without them a restarted runner knows nothing of what it runs. */
    CYCLONE_DATA_DIR: z.string().min(1).default('/var/lib/cyclone'),
    CYCLONE_RUNNER_NAME: z.string().min(1).max(200).default('runner'),
    CYCLONE_RUNNER_POOL: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'has lower-case letters, digits and "-"')
      .default('default'),
    CYCLONE_RUNNER_SLOTS: z.coerce.number().int().min(1).max(1000).default(2),
    /** `os=linux,gpu=yes` */
    CYCLONE_RUNNER_LABELS: labels,
    CYCLONE_RUNNER_EXECUTOR: z.enum(['docker', 'scripted']).default('docker'),
    /** Bytes of log that may wait on disk for the log service; steps are slowed down above. */
    CYCLONE_RUNNER_SPOOL_BYTES: z.coerce
      .number()
      .int()
      .min(mebi)
      .default(2048 * mebi),
    CYCLONE_RUNNER_GIT_IMAGE: z.string().min(1).default('cyclone/git:local'),
    CYCLONE_ALLOWED_HOSTS: z.string().default(''),
    DOCKER_HOST: z.string().default('unix:///var/run/docker.sock'),
    DOCKER_CERT_PATH: z.string().optional(),
  })
  .transform((env) => ({
    nats: { url: env.CYCLONE_NATS_URL, user: env.CYCLONE_NATS_USER, password: env.CYCLONE_NATS_PASSWORD },
    dataDir: join(env.CYCLONE_DATA_DIR, 'runner'),
    name: env.CYCLONE_RUNNER_NAME,
    pool: env.CYCLONE_RUNNER_POOL,
    slots: env.CYCLONE_RUNNER_SLOTS,
    labels: env.CYCLONE_RUNNER_LABELS,
    executor: env.CYCLONE_RUNNER_EXECUTOR,
    spoolBytesMax: env.CYCLONE_RUNNER_SPOOL_BYTES,
    gitImage: env.CYCLONE_RUNNER_GIT_IMAGE,
    sourcePolicy: parseSourcePolicy(env.CYCLONE_ALLOWED_HOSTS),
    docker: { host: env.DOCKER_HOST, certPath: env.DOCKER_CERT_PATH },
    failpoint: env.CYCLONE_FAILPOINT,
  }));
export type RunnerConfig = z.output<typeof runnerConfigSchema>;
