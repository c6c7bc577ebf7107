import { readFileSync } from 'node:fs';
import type { Environment } from './environment.js';

export type ReadText = (path: string) => string;

export interface FileProblem {
  /** The variable that has no value because of it. */
  readonly name: string;
  readonly message: string;
}

export interface FileValues {
  readonly env: Environment;
  readonly problems: readonly FileProblem[];
}

const readText: ReadText = (path) => readFileSync(path, 'utf8');

const isGiven = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

const reasonOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'it cannot be read';

/**
 * `X_FILE=/path` gives the variable `X` the content of that file, without the line's end: so a secret stands in no
 * environment that `docker inspect` or `/proc` would show. Only for the names asked for; a variable whose own name
 * ends so is left alone.
 */
export const valuesFromFiles = (env: Environment, names: readonly string[], read: ReadText = readText): FileValues => {
  const values: Record<string, string | undefined> = { ...env };
  const problems: FileProblem[] = [];
  for (const name of names) {
    const fileName = `${name}_FILE`;
    const path = env[fileName];
    if (!isGiven(path) || names.includes(fileName)) continue;
    if (isGiven(env[name])) {
      problems.push({ name, message: `${name} and ${fileName} are both given: keep one` });
      continue;
    }
    try {
      values[name] = read(path).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push({ name, message: `${fileName}: ${path} cannot be read (${reasonOf(error)})` });
    }
  }
  return { env: values, problems };
};
