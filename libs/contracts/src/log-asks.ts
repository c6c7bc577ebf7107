import { z } from 'zod';
import { defineAsk } from './ask.js';
import { BuildId } from './ids.js';
import { LogRange, LogRangeRequest, StepLogIndex } from './log/messages.js';

export const logAsks = {
  /**
   * At most `limit` bytes of one step from an offset, and at most 512 KiB, since one message carries them. Ask on from
   * `offset + bytes` until `end`, or until nothing comes: then there is no more yet.
   */
  readLog: defineAsk('log', 'read-log', { request: LogRangeRequest, reply: LogRange }),
  /** The newest attempt of every step that has written anything. */
  indexLogs: defineAsk('log', 'index-logs', {
    request: z.object({ buildId: BuildId }),
    reply: z.object({ steps: z.array(StepLogIndex) }),
  }),
} as const;
