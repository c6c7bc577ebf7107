import { setTimeout as delay } from 'node:timers/promises';
import {
  pipelineAsks,
  type HeldJob,
  type JobAssignment,
  type JobClaimRequest,
  type RunnerId,
} from '@cyclone/contracts';
import { AskRefusedError, AskUnavailableError, type AskClient } from '@cyclone/messaging/nest';
import type { ClaimAnswer } from './offers.consumer.js';

const claimTriesMax = 3;
const resumePauseMs = 2_000;

/** Claiming again is the same claim, so no answer means: ask again. */
export const askToClaim = async (asks: Pick<AskClient, 'ask'>, request: JobClaimRequest): Promise<ClaimAnswer> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return { kind: 'claimed', assignment: await asks.ask(pipelineAsks.claimJob, request) };
    } catch (error) {
      if (error instanceof AskRefusedError) {
        const { kind, code, message } = error.refusal;
        return kind === 'unavailable'
          ? { kind: 'not-now', reason: message }
          : { kind: 'gone', reason: `${code}: ${message}` };
      }
      if (!(error instanceof AskUnavailableError) || tries >= claimTriesMax) throw error;
    }
  }
};

export type ResumeAnswer =
  { readonly kind: 'resumed'; readonly assignment: JobAssignment } | { readonly kind: 'gone'; readonly reason: string };

/** Asks until it is known whether the attempt is still ours; undefined when this process ends before that. */
export const askToResume = async (
  asks: Pick<AskClient, 'ask'>,
  request: { readonly runnerId: RunnerId; readonly held: HeldJob; readonly token: string },
  signal: AbortSignal,
): Promise<ResumeAnswer | undefined> => {
  while (!signal.aborted) {
    try {
      return { kind: 'resumed', assignment: await asks.ask(pipelineAsks.resumeJob, request) };
    } catch (error) {
      if (error instanceof AskRefusedError && error.refusal.kind !== 'unavailable')
        return { kind: 'gone', reason: error.refusal.message };
      await delay(resumePauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
};
