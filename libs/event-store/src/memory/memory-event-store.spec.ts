import { eventStoreContract } from '../testing/event-store.contract.js';
import { MemoryEventStore } from './memory-event-store.js';

eventStoreContract('memory', async () => ({
  store: new MemoryEventStore(),
  settle: async () => {},
  dispose: async () => {},
}));
