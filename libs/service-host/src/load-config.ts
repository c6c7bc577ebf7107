import type { Environment } from './environment.js';
import { redactText } from '@cyclone/observability';
import { z } from 'zod';
import { valuesFromFiles } from './values-from-files.js';
import type { ReadText } from './values-from-files.js';

/** Thrown with every problem at once, and with no value of the environment in it. */
export class InvalidConfigError extends Error {
  readonly code = 'invalid-config';
  readonly retriable = false;
  constructor(readonly problems: readonly string[]) {
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const freezeDeep = <Value>(value: Value): Value => {
  if (!isObject(value) || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeDeep(inner);
  return value;
};

const isSetButBlank = (value: string | undefined): boolean => value !== undefined && value.trim() === '';

const problemOf = (issue: z.core.$ZodIssue, env: Environment): string => {
  const name = issue.path.map(String).join('.');
  const value = env[String(issue.path[0])];
  if (value === undefined || isSetButBlank(value)) return `${name} is missing (${issue.message})`;
  // A schema's own message may repeat the value.
  return `${name}: ${redactText(issue.message).replaceAll(value, '[its value]')}`;
};

/** The variables that a schema reads: it is an object, perhaps transformed or checked as a whole afterwards. */
const namesIn = (schema: z.core.$ZodType): readonly string[] => {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  return schema instanceof z.ZodPipe ? namesIn(schema.in) : [];
};

/**
 * Reads the environment once: a blank variable counts as missing, `X_FILE` names a file that holds `X`, every problem is
 * told at once, the result is frozen through and through. The schema's keys are the variables' names; it may transform
 * them to names of its own.
 */
export const loadConfig = <Schema extends z.ZodType>(
  schema: Schema,
  env: Environment,
  readText?: ReadText,
): z.output<Schema> => {
  const { env: values, problems } = valuesFromFiles(env, namesIn(schema), readText);
  const present = Object.fromEntries(Object.entries(values).filter(([, value]) => !isSetButBlank(value)));
  const parsed = schema.safeParse(present);
  if (parsed.success && problems.length === 0) return freezeDeep(parsed.data);
  const unread = new Set(problems.map(({ name }) => name));
  const issues = (parsed.error?.issues ?? []).filter(({ path }) => !unread.has(String(path[0])));
  throw new InvalidConfigError([
    ...problems.map(({ message }) => message),
    ...issues.map((issue) => problemOf(issue, values)),
  ]);
};
