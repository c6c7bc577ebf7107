export { runnerConfigSchema } from './config.js';
export type { RunnerConfig } from './config.js';
export { runnerService } from './runner-service.js';
