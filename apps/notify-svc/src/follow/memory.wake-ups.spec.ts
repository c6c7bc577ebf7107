import { describe } from '@jest/globals';
import { MemoryWakeUps } from './memory.wake-ups.js';
import { wakeUpsContract } from './wake-ups.contract.js';

describe('MemoryWakeUps', () => wakeUpsContract(async () => new MemoryWakeUps()));
