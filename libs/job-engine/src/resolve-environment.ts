import type { Environment } from '@cyclone/contracts';
import { ExecutorError } from './errors.js';

/** The job's own variables, then the step's; a named secret becomes its value. */
export const resolveEnvironment = (
  base: Readonly<Record<string, string>>,
  own: Environment,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> => {
  const resolved = new Map(Object.entries(base));
  for (const [name, source] of Object.entries(own)) {
    if ('value' in source) {
      resolved.set(name, source.value);
      continue;
    }
    const value = Object.hasOwn(secrets, source.secret) ? secrets[source.secret] : undefined;
    if (value === undefined) {
      throw new ExecutorError(
        'start-failed',
        `The secret "${source.secret}" is not there: set it in the project, or remove it from "${name}". Builds of outsiders' code get none.`,
      );
    }
    resolved.set(name, value);
  }
  return Object.fromEntries(resolved);
};
