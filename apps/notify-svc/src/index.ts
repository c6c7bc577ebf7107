export { notifyConfigSchema } from './config.js';
export type { NotifyConfig } from './config.js';
export { notifyService } from './notify-service.js';
