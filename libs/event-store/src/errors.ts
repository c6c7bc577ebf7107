/** Thrown when the stream does not end at the version that the caller read: load it again and decide again. */
export class StreamConflictError extends Error {
  readonly code = 'stream-conflict';
  readonly retriable = true;
  constructor(
    readonly stream: string,
    readonly expectedVersion: number,
  ) {
    super(`stream ${stream} does not end at version ${expectedVersion}`);
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
  constructor(
    readonly stream: string,
    readonly attempts: number,
  ) {
    super(`stream ${stream} changed ${attempts} times while a command was being decided`);
  }
}

/**
 * Thrown when a stored event cannot be understood. The cause says why: `UnknownEventTypeError` (a newer program wrote
 * it), `UnknownEventVersionError`, or what the schema found (the event is damaged).
 */
export class UnreadableEventError extends Error {
  readonly code = 'unreadable-event';
  readonly retriable = false;
  constructor(
    readonly stream: string,
    readonly streamVersion: number,
    readonly eventId: string,
    options: { cause: unknown },
  ) {
    super(`event ${eventId} (stream ${stream}, version ${streamVersion}) cannot be read`, options);
  }
}

/** Thrown when stored bytes no longer match the digest that names them. */
export class DamagedContentError extends Error {
  readonly code = 'damaged-content';
  readonly retriable = false;
  constructor(readonly digest: string) {
    super(`the bytes stored as ${digest} are not those that were put there`);
  }
}
