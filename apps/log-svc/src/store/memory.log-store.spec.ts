import { describe } from '@jest/globals';
import { logStoreContract } from './log-store.contract.js';
import { MemoryLogStore } from './memory.log-store.js';

describe('MemoryLogStore', () => logStoreContract(async () => new MemoryLogStore()));
