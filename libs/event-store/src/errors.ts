/** Thrown when somebody else appended first: reload and decide again. */
export class StreamConflictError extends Error {
  readonly code = 'stream-conflict';
  readonly retriable = true;
  constructor(readonly stream: string, readonly expectedVersion: number) {
    super(`stream ${stream} has moved past version ${expectedVersion}`);
  }
}

/** Thrown when the store did not answer; whether an append took place is unknown until it is repeated. */
export class StoreUnavailableError extends Error {
  readonly code = 'store-unavailable';
  readonly retriable = true;
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
  }
}

/** Thrown when an append can never succeed: too many events, too many bytes, data that its schema refuses. */
export class AppendRefusedError extends Error {
  readonly code = 'append-refused';
  readonly retriable = false;
}

/** Thrown when a command met conflicts more often than its limit allows. */
export class TooManyConflictsError extends Error {
  readonly code = 'too-many-conflicts';
  readonly retriable = true;
  constructor(readonly stream: string, readonly attempts: number) {
    super(`stream ${stream} changed ${attempts} times while a command was being decided`);
  }
}
