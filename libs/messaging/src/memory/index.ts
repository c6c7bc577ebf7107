export { MemoryBroker } from './memory-broker.js';
export type { MemoryBrokerOptions } from './memory-broker.js';
export type { StoredMessage } from './memory-stream.js';
