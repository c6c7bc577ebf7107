import { ExecutorError, messageOf } from '../errors.js';

const has = <Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> =>
  typeof value === 'object' && value !== null && key in value;

export const statusOf = (error: unknown): number | undefined =>
  has(error, 'statusCode') && typeof error.statusCode === 'number' ? error.statusCode : undefined;

export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;

/** The engine's own words, without the client's decoration. */
export const engineMessage = (error: unknown): string => {
  if (has(error, 'json') && has(error.json, 'message') && typeof error.json.message === 'string')
    return error.json.message;
  return messageOf(error);
};

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);

/** True when the engine itself could not be reached, as opposed to having refused. */
export const isUnreachable = (error: unknown): boolean =>
  statusOf(error) === undefined &&
  has(error, 'code') &&
  typeof error.code === 'string' &&
  connectionCodes.has(error.code);

/** For what should have worked: an unreachable engine, or a refusal that the author of the file may mend. */
export const startError = (what: string, error: unknown): ExecutorError => {
  if (error instanceof ExecutorError) return error;
  if (isUnreachable(error)) {
    return new ExecutorError(
      'engine-unavailable',
      `The Docker Engine of the runner does not answer (${engineMessage(error)}).`,
      { cause: error, retriable: true },
    );
  }
  return new ExecutorError('start-failed', `${what} could not be started: ${engineMessage(error)}`, { cause: error });
};

/** Lets go of the failures that mean: it is gone already, or on its way. */
export const ignoreGone = (error: unknown): void => {
  if (!isNotFound(error) && !isConflict(error) && statusOf(error) !== 304) throw error;
};
