export { checkAcknowledged } from './check-acknowledged.js';
export { checkBuilds, SeenChanges } from './check-builds.js';
export { checkDeliveries } from './check-deliveries.js';
export { checkLogs, type LogChunkReader } from './check-logs.js';
export { checkStreams, type StreamCheck, type StreamCheckFactory } from './check-streams.js';
export { checkViews, checkViewsHaveStreams } from './check-views.js';
export { checkWorld, type CheckpointsToCheck } from './check-world.js';
export type { Finding } from './finding.js';
export { verifyStore, type VerifyOptions } from './verify-store.js';
