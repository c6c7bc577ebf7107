import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { InvalidConfigError, loadConfig } from './load-config.js';

const files = new Map([
  ['/run/key', 'from the file\n'],
  ['/run/two-lines', 'one\ntwo\n\n'],
  ['/run/blank', '\n'],
]);

const read = (path: string): string => {
  const text = files.get(path);
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
};

const schema = z
  .object({
    KEY: z.string(),
    LEVEL: z.string().default('info'),
    TRUST_FILE: z.string().optional(),
    TRUST: z.never().optional(),
  })
  .transform((env) => ({ key: env.KEY, level: env.LEVEL, trustFile: env.TRUST_FILE }));

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, env, read);
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('a variable given as a file', () => {
  test('has the content of the file, without the end of its last line', () => {
    expect(loadConfig(schema, { KEY_FILE: '/run/key', LEVEL_FILE: '/run/two-lines' }, read)).toMatchObject({
      key: 'from the file',
      level: 'one\ntwo\n',
    });
  });

  test('is not read for a name that the schema has itself, or does not have', () => {
    const env = { KEY: 'here', TRUST_FILE: '/nowhere/bundle.pem', SSL_CERT_FILE: '/nowhere/else.pem' };
    expect(loadConfig(schema, env, read)).toEqual({ key: 'here', level: 'info', trustFile: '/nowhere/bundle.pem' });
  });

  test('given twice is a problem, and no value is told', () => {
    const problems = problemsOf({ KEY: 'here', KEY_FILE: '/run/key' });
    expect(problems).toEqual(['KEY and KEY_FILE are both given: keep one']);
  });

  test('that cannot be read is one problem and not two', () => {
    expect(problemsOf({ KEY_FILE: '/nowhere' })).toEqual(['KEY_FILE: /nowhere cannot be read (ENOENT)']);
  });

  test('that is blank counts as missing, as a blank variable does', () => {
    expect(problemsOf({ KEY_FILE: '/run/blank' })).toEqual([expect.stringMatching(/^KEY is missing/)]);
  });

  test('counts as not given where its name is blank', () => {
    expect(loadConfig(schema, { KEY: 'here', KEY_FILE: ' ' }, read)).toMatchObject({ key: 'here' });
  });
});
