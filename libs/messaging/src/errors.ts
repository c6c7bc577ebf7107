/** Thrown when the stream is full or refuses the message: publish later, nothing was stored. */
export class PublishRefusedError extends Error {
  readonly code = 'publish-refused';
  readonly retriable = true;
}

/** Thrown when no limit on earth will let this message through: nothing was stored, and never will be. */
export class MessageTooLargeError extends Error {
  readonly code = 'message-too-large';
  readonly retriable = false;
}

/** Thrown when the broker did not answer in time; whether the message was stored is unknown. */
export class BrokerUnavailableError extends Error {
  readonly code = 'broker-unavailable';
  readonly retriable = true;
}

/** Thrown when the broker turns the user away, or denies it a subject: waiting does not help, its configuration must change. */
export class BrokerDeniedError extends Error {
  readonly code = 'broker-denied';
  readonly retriable = false;
}

/** Thrown when a stream is there under our name but of another nature, which cannot be changed in place. */
export class StreamMismatchError extends Error {
  readonly code = 'stream-mismatch';
  readonly retriable = false;
}
