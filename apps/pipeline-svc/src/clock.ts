import type { EpochMs } from '@cyclone/contracts';

/** Gives the time; the composition root alone knows the real one. */
export type Clock = () => EpochMs;
