export { nestLogger } from './nest-logger.js';
