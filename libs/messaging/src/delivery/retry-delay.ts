/** Milliseconds to wait after the n-th failed try of a message, n from 1. */
export type RetryDelay = (deliveryCount: number) => number;

const firstMs = 1_000;
const factor = 3;
const lastMs = 15 * 60_000;

/** 1 s, 3 s, 9 s... up to 15 minutes: eight tries span about half an hour. */
export const defaultRetryDelay: RetryDelay = (deliveryCount) =>
  Math.min(lastMs, firstMs * factor ** (Math.max(1, deliveryCount) - 1));
