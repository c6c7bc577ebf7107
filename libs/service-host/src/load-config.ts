import { redactText } from '@cyclone/observability';
import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

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

/**
 * Reads the environment once: a blank variable counts as missing, every problem is told at once, the result is frozen
 * through and through. The schema's keys are the variables' names; it may transform them to names of its own.
 */
export const loadConfig = <Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => !isSetButBlank(value)));
  const parsed = schema.safeParse(present);
  if (!parsed.success) throw new InvalidConfigError(parsed.error.issues.map((issue) => problemOf(issue, env)));
  return freezeDeep(parsed.data);
};
