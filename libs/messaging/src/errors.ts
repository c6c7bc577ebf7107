/** Thrown when the stream is full or refuses the message: publish later, nothing was stored. */
export class PublishRefusedError extends Error {
  readonly code = 'publish-refused';
  readonly retriable = true;
}

/** Thrown when the broker did not answer in time; whether the message was stored is unknown. */
export class BrokerUnavailableError extends Error {
  readonly code = 'broker-unavailable';
  readonly retriable = true;
}
