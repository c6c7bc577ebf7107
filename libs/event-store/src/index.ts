export { verifyChain, type ChainBreak } from './hash-chain.js';
export {
  createCommandHandler,
  type CommandHandler,
  type CommandHandlerOptions,
  type Handled,
  type HandledCommand,
  type StreamState,
} from './command-handler.js';
export { isPositioned, recordedEvents, type StoredCommit, type StoredEvent } from './commit.js';
export type { ContentStore } from './content-store.js';
export {
  accept,
  acceptNothing,
  reject,
  type Decider,
  type Decision,
  type EvolvingEvent,
  type Rejection,
} from './decider.js';
export {
  AppendRefusedError,
  DamagedContentError,
  StoreUnavailableError,
  StreamConflictError,
  TooManyConflictsError,
  UnreadableEventError,
} from './errors.js';
export { eventId } from './event-id.js';
export type { Append, AppendResult, EventStore, NewEvent, RecordedEvent, WorldPage } from './event-store.js';
export type { CommitReader } from './commit-reader.js';
export type { Lease, LeaseStore } from './lease.js';
export { commitBytesMax, commitEventsMax } from './prepare-commit.js';
export { parseStreamName, streamName } from './stream-name.js';
export type { PositionStore } from './relay/position-store.js';
export { startRelay, type Relay, type RelayOptions } from './relay/relay.js';
export type { Watermark, WatermarkStore } from './relay/watermark.js';
export { WakeUp, type Watch } from './wake-up.js';
export { createWorldFeed, type FollowOptions, type WorldFeed, type WorldFeedOptions } from './feed/world-feed.js';
export { rebuildViews } from './projection/rebuild-views.js';
export {
  createStreamProjector,
  type StreamProjection,
  type StreamProjector,
  type ViewedEvent,
} from './projection/stream-projection.js';
export type { RebuildableViewStore, Viewed, ViewStore } from './projection/view-store.js';
export {
  catchUpWorldView,
  type WorldProjection,
  type WorldViewed,
  type WorldViewStore,
} from './projection/world-projection.js';
export { isSignedBy, SignedCheckpoint } from './checkpoint/checkpoint.js';
export {
  createCheckpointer,
  type Checkpointer,
  type CheckpointerOptions,
  type CheckpointStore,
} from './checkpoint/checkpointer.js';
