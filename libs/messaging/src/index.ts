export type { Consumer, ConsumerDefinition, IncomingMessage, Subscription } from './consumer.js';
export { defaultRetryDelay } from './delivery/retry-delay.js';
export type { RetryDelay } from './delivery/retry-delay.js';
export {
  BrokerDeniedError,
  BrokerUnavailableError,
  MessageTooLargeError,
  PublishRefusedError,
  StreamMismatchError,
} from './errors.js';
export { done, rejectMessage, retryAfter } from './outcome.js';
export type { Outcome } from './outcome.js';
export type { OutgoingMessage, Publisher, Signals } from './publisher.js';
export type { StreamInspector, StreamState } from './stream-inspector.js';
