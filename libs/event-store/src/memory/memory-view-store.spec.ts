import { viewStoreContract, type Counted } from '../testing/view-store.contract.js';
import { MemoryViewStore, MemoryWorldViewStore } from './memory-view-store.js';

viewStoreContract('memory', async () => ({
  views: new MemoryViewStore<Counted>(),
  world: new MemoryWorldViewStore<number>(),
  dispose: async () => {},
}));
