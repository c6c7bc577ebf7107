import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { configFields } from './config-fields.js';
import { InvalidConfigError, loadConfig } from './load-config.js';

const schema = z
  .object({
    ...configFields.nats,
    ...configFields.masterKey,
    ...configFields.logs,
    CYCLONE_SLOTS: z.coerce.number().int().min(1).default(2),
  })
  .transform((env) => ({
    natsUrl: env.CYCLONE_NATS_URL,
    key: Buffer.from(env.CYCLONE_MASTER_KEY, 'base64'),
    slots: env.CYCLONE_SLOTS,
    logs: { level: env.CYCLONE_LOG_LEVEL },
  }));
const valid = {
  CYCLONE_NATS_URL: 'nats://127.0.0.1:4222',
  CYCLONE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  PATH: '/bin',
};

const problemsOf = (env: Record<string, string | undefined>): readonly string[] => {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the configuration', () => {
  it('is parsed, with defaults, and frozen through and through', () => {
    const config = loadConfig(schema, { ...valid, CYCLONE_SLOTS: '' });
    expect(config).toMatchObject({ natsUrl: valid.CYCLONE_NATS_URL, slots: 2, logs: { level: 'info' } });
    expect(config.key).toHaveLength(32);
    expect(Object.isFrozen(config) && Object.isFrozen(config.logs)).toBe(true);
  });

  it("tells every problem at once, by the variable's name", () => {
    const problems = problemsOf({ CYCLONE_SLOTS: '0', CYCLONE_LOG_LEVEL: 'loud', CYCLONE_NATS_URL: ' ' });
    expect(problems).toHaveLength(4);
    for (const name of [
      'CYCLONE_NATS_URL is missing',
      'CYCLONE_MASTER_KEY is missing',
      'CYCLONE_LOG_LEVEL',
      'CYCLONE_SLOTS',
    ])
      expect(problems.join('\n')).toContain(name);
  });

  it('never repeats a value', () => {
    const problems = problemsOf({
      ...valid,
      CYCLONE_MASTER_KEY: 'hunter2hunter2',
      CYCLONE_NATS_URL: 'http://user:hunter2@host',
    });
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).not.toContain('hunter2');
    const repeating = z.object({
      KEY: z.string().refine(() => false, { error: (issue) => `"${String(issue.input)}" is no key` }),
    });
    expect(() => loadConfig(repeating, { KEY: 'hunter2' })).toThrow('"[its value]" is no key');
  });
});
