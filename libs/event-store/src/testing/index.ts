export { benchEventStore, type EventStoreBench } from './bench-event-store.js';
export { deciderSpec, type Given, type History, type Outcome } from './decider-spec.js';
export { eventStoreContract, type EventStoreUnderTest } from './event-store.contract.js';
export { projectionSpec, type HistoryCommit } from './projection-spec.js';
export { rewriteHistory } from './rewrite-history.js';
