export { logConfigSchema } from './config.js';
export type { LogConfig } from './config.js';
export { logService } from './log-service.js';
export { openLogReader } from './read/log-reader.js';
export type { LogReader } from './read/log-reader.js';
export type { AttemptState, LogAttempt, SealRequest, StoredChunk } from './store/log-store.js';
