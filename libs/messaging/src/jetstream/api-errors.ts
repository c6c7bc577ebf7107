import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import { BrokerUnavailableError, MessageTooLargeError, PublishRefusedError } from '../errors.js';

/** Numbers from the server's errors.json that we act on. */
export const apiCodes = {
  streamNameInUse: 10058,
  streamMessageExceedsMaximum: 10054,
  storageExceeded: 10047,
  noSpaceForStream: 10028,
  consumerExists: 10148,
  temporarilyUnavailable: 10008,
} as const;

export const apiCode = (error: unknown): number | undefined =>
  error instanceof JetStreamApiError ? error.code : undefined;

export const isStreamMissing = (error: unknown): boolean => apiCode(error) === JetStreamApiCodes.StreamNotFound;

export const isMissing = (error: unknown): boolean =>
  isStreamMissing(error) || apiCode(error) === JetStreamApiCodes.ConsumerNotFound;

/** No server, or a server without JetStream, or one that is only just starting. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof errors.TimeoutError ||
  error instanceof errors.NoRespondersError ||
  error instanceof errors.RequestError ||
  error instanceof errors.ClosedConnectionError ||
  error instanceof errors.DrainingConnectionError ||
  error instanceof errors.ConnectionError ||
  apiCode(error) === apiCodes.temporarilyUnavailable ||
  // Its class is not exported.
  (error instanceof Error && error.name === 'JetStreamNotEnabled');

export const isNoResponders = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError || (error instanceof errors.RequestError && error.isNoResponders());

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A failed publish in the words of the port. */
export const publishError = (subject: string, error: unknown): Error => {
  if (error instanceof BrokerUnavailableError) return error;
  if (isNoResponders(error)) return new PublishRefusedError(`no stream takes ${subject}`, { cause: error });
  if (error instanceof errors.InvalidArgumentError)
    return new MessageTooLargeError(`${subject}: ${text(error)}`, { cause: error });
  if (apiCode(error) === apiCodes.streamMessageExceedsMaximum)
    return new MessageTooLargeError(`${subject}: ${text(error)}`, { cause: error });
  if (error instanceof JetStreamApiError)
    return new PublishRefusedError(`${subject}: ${text(error)}`, { cause: error });
  return new BrokerUnavailableError(`no answer to ${subject}: ${text(error)}`, { cause: error });
};
