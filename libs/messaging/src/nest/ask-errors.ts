import type { Refusal } from '@cyclone/contracts';

/** Thrown by an answering method to refuse: it travels to the asker as it is. */
export class RefusalError extends Error {
  readonly code = 'refusal';
  readonly retriable = false;
  constructor(readonly refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
  }
}

/** Thrown to the asker when the answer is a refusal. */
export class AskRefusedError extends Error {
  readonly code = 'ask-refused';
  readonly retriable = false;
  constructor(
    readonly subject: string,
    readonly refusal: Refusal,
  ) {
    super(`${subject} was refused (${refusal.code}): ${refusal.message}`);
  }
}

/** Thrown to the asker when nobody answered in time, or who answered was without something it needs. Asking again is right. */
export class AskUnavailableError extends Error {
  readonly code = 'ask-unavailable';
  readonly retriable = true;
  constructor(
    readonly subject: string,
    reason: string,
    options?: { cause: unknown },
  ) {
    super(`${subject} has no answer: ${reason}`, options);
  }
}

/** Thrown to the asker when the answering method broke, or the answer has not the shape of its definition: a defect. */
export class AskFailedError extends Error {
  readonly code = 'ask-failed';
  readonly retriable = false;
  constructor(
    readonly subject: string,
    reason: string,
  ) {
    super(`${subject} failed: ${reason}`);
  }
}
