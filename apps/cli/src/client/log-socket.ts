import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes, type BuildId, type LogFrame, type StepId } from '@cyclone/contracts';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import type { ServerContext } from './context.js';
import { openLogConnection } from './log-connection.js';

export interface FollowOptions {
  readonly buildId: BuildId;
  readonly stepId?: StepId;
  readonly signal?: AbortSignal;
  readonly retry?: RetryLimits;
}

export interface RetryLimits {
  readonly pauseMs: number;
  /** Connections in a row that bring nothing. */
  readonly failuresMax: number;
}

const patient: RetryLimits = { pauseMs: 1_000, failuresMax: 30 };

/**
 * Every frame of a build's log, from its first byte to its end, over as many connections as it takes: each one goes on at
 * the cursor of the last frame. Ends after the `end` frame, or when the signal says so.
 */
export async function* followLog(context: ServerContext, options: FollowOptions): AsyncGenerator<LogFrame> {
  const { signal, retry = patient } = options;
  let cursor: string | undefined;
  for (let failures = 0; ;) {
    const connection = openLogConnection(context, { ...options, after: cursor });
    for await (const frame of connection.frames) {
      failures = 0;
      if ('cursor' in frame) cursor = frame.cursor;
      yield frame;
      if (frame.kind === 'end') return;
    }
    if (signal?.aborted === true) return;
    const { code, reason } = await connection.closed;
    if (code === closeCodes.tokenEnded) throw new CommandFailure(reason || 'the token has ended', exitCodes.denied);
    failures += 1;
    if (failures > retry.failuresMax)
      throw new CommandFailure(`the log broke off: ${reason || `code ${code}`}`, exitCodes.unreachable);
    await delay(retry.pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
