import { type EpochMs, type LogConfirmation, subjects } from '@cyclone/contracts';
import type { Signals } from '@cyclone/messaging';
import type { LogAttempt } from '../store/log-store.js';

/** Lets tails push without asking. Without `data` it only says how far the log reaches. */
export const sendStored = (
  signals: Signals,
  attempt: LogAttempt,
  notice: { readonly offset: number; readonly at: EpochMs; readonly data?: Uint8Array },
): void => {
  signals.send(subjects.logStored(attempt.buildId), {
    headers: {
      projectId: attempt.projectId,
      jobId: attempt.jobId,
      stepId: attempt.stepId,
      fence: String(attempt.fence),
      offset: String(notice.offset),
      at: String(notice.at),
      sealed: attempt.state === 'open' ? 'no' : 'yes',
    },
    data: notice.data,
  });
};

/** A closed attempt wants nothing more, so its seal is confirmed together with everything below it. */
export const sendConfirmation = (signals: Signals, attempt: LogAttempt): void => {
  const closed = attempt.state !== 'open';
  const confirmation: LogConfirmation = {
    buildId: attempt.buildId,
    jobId: attempt.jobId,
    stepId: attempt.stepId,
    fence: attempt.fence,
    nextSeq: closed
      ? Math.max(attempt.prefix.nextSeq, attempt.seal === undefined ? 0 : attempt.seal.seq + 1)
      : attempt.prefix.nextSeq,
    sealed: closed,
  };
  signals.send(subjects.confirmLogs(attempt.runnerId), { data: Buffer.from(JSON.stringify(confirmation)) });
};
