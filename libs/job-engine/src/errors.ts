import type { Reason } from '@cyclone/contracts';

export type ExecutorErrorCode =
  | 'engine-unavailable'
  | 'image-not-found'
  | 'image-pull-denied'
  | 'image-pull-failed'
  | 'image-build-failed'
  | 'image-push-failed'
  | 'registry-unavailable'
  | 'registry-denied'
  | 'service-failed'
  | 'service-not-ready'
  | 'source-refused'
  | 'start-failed'
  | 'output-missing'
  | 'output-refused'
  | 'workspace-failed'
  | 'resources-exhausted';

/**
 * Thrown by an adapter when the outside failed, as opposed to a user's program that ended with a code.
 * The message is for the author of the pipeline file: it says what, where and how to mend.
 */
export class ExecutorError extends Error {
  override readonly name = 'ExecutorError';

  constructor(
    readonly code: ExecutorErrorCode,
    message: string,
    options: { cause?: unknown; retriable?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? false;
  }

  readonly retriable: boolean;
}

export const isExecutorError = (error: unknown): error is ExecutorError => error instanceof ExecutorError;

/** By shape: an error of another realm is no instance of ours. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

const messageBytesMax = 2000;

/** What of a failure the build records. */
export const reasonOf = (error: unknown): Reason => {
  const message = messageOf(error).slice(0, messageBytesMax);
  return isExecutorError(error) ? { code: error.code, message } : { code: 'engine-failed', message };
};
