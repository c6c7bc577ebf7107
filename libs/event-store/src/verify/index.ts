export { checkAcknowledged, type Acknowledged } from './check-acknowledged.js';
export { checkBuilds, SeenChanges } from './check-builds.js';
export { checkCheckpoints, type CheckpointsToCheck, type ExportedLine } from './check-checkpoints.js';
export { checkDeliveries } from './check-deliveries.js';
export { checkLogs, type LogChunkReader, type SealedLog } from './check-logs.js';
export { checkStreams, type StreamCheck, type StreamCheckFactory } from './check-streams.js';
export {
  checkViews,
  checkViewsHaveStreams,
  viewsToCheck,
  type CheckedViews,
  type ViewCheckOptions,
} from './check-views.js';
export { checkWorld } from './check-world.js';
export type { Finding } from './finding.js';
export { verifyStore, type VerifyOptions } from './verify-store.js';
