/** What a handler says of a message; only this library acks. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Not now: again after the delay, up to the consumer's limit, then dead. */
  | { readonly kind: 'retry-after'; readonly delayMs: number; readonly reason: string }
  /** Never: straight to the dead letters, with the reason. */
  | { readonly kind: 'reject'; readonly reason: string };

export const done: Outcome = { kind: 'done' };
export const retryAfter = (delayMs: number, reason: string): Outcome => ({ kind: 'retry-after', delayMs, reason });
export const rejectMessage = (reason: string): Outcome => ({ kind: 'reject', reason });
