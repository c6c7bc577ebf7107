export { eventually } from './eventually.js';
export type { EventuallyOptions } from './eventually.js';
export { FakeClock } from './fake-clock.js';
export { temporaryFolder } from './temporary-folder.js';
export type { TemporaryFolder } from './temporary-folder.js';
