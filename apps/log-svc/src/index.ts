export { logConfigSchema } from './config.js';
export type { LogConfig } from './config.js';
export { logService } from './log-service.js';
export { openLogChunks } from './read/log-chunk-reader.js';
