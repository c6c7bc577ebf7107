export { MemoryContentStore } from './memory-content-store.js';
export { MemoryEventStore, type MemoryEventStoreOptions } from './memory-event-store.js';
export { MemoryLeaseStore } from './memory-lease-store.js';
export { MemoryWatermarkStore } from './memory-watermark-store.js';
export { MemoryViewStore, MemoryWorldViewStore } from './memory-view-store.js';
export { MemoryCheckpointStore } from './memory-checkpoint-store.js';
