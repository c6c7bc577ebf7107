import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/** Reads an argument by a schema of contracts: what the API would refuse is refused here, as wrong usage. */
export function parsedBy<Schema extends z.ZodType<unknown, string>>(
  schema: Schema,
): (text: string) => z.output<Schema> {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };
}

/** For options that may be given several times, or with several values. */
export function listParsedBy<Schema extends z.ZodType<unknown, string>>(
  schema: Schema,
): (text: string, before?: readonly z.output<Schema>[]) => z.output<Schema>[] {
  const parse = parsedBy(schema);
  return (text, before = []) => [...before, parse(text)];
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  };
}
