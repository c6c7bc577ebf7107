import type { BuildId, LogRange, LogRangeRequest, StepLogIndex } from '@cyclone/contracts';
import type { LogAttempt, LogStore } from '../store/log-store.js';

/** An answer travels as base64 in one message; the broker takes a megabyte. */
export const rangeBytesMax = 512 * 1024;

const nothingYet = (offset: number): LogRange => ({
  offset,
  data: '',
  bytes: 0,
  end: false,
  damaged: false,
  truncated: false,
});

const findAttempt = ({ buildId, stepId, fence }: LogRangeRequest, store: LogStore): Promise<LogAttempt | undefined> =>
  fence === undefined ? store.newestAttempt(buildId, stepId) : store.attempt({ buildId, stepId, fence });

/** `bytes` counts this range. A range may be shorter than asked for although more is there: ask on from where it ends. */
export const readLog = async (request: LogRangeRequest, store: LogStore): Promise<LogRange> => {
  const attempt = await findAttempt(request, store);
  if (attempt === undefined) return nothingYet(request.offset);
  const isExpired = attempt.state === 'expired';
  const data = isExpired
    ? new Uint8Array()
    : await store.readRange(attempt, request.offset, Math.min(request.limit, rangeBytesMax));
  return {
    fence: attempt.fence,
    offset: request.offset,
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    bytes: data.byteLength,
    end: isExpired || (attempt.state !== 'open' && request.offset + data.byteLength >= attempt.prefix.bytes),
    damaged: attempt.state === 'damaged',
    truncated: attempt.seal?.summary.truncated ?? false,
  };
};

const toIndex = (attempt: LogAttempt): StepLogIndex => ({
  jobId: attempt.jobId,
  stepId: attempt.stepId,
  fence: attempt.fence,
  bytes: attempt.state === 'expired' ? 0 : attempt.prefix.bytes,
  sealed: attempt.state !== 'open',
  damaged: attempt.state === 'damaged',
  truncated: attempt.seal?.summary.truncated ?? false,
  lines: attempt.seal?.summary.lines,
  firstAt: attempt.firstAt,
  lastAt: attempt.lastAt,
});

/** One entry a step, its newest attempt's, in the order in which the steps began to write. */
export const indexLogs = async (buildId: BuildId, store: LogStore): Promise<{ steps: StepLogIndex[] }> => {
  const newest = new Map<string, LogAttempt>();
  for (const attempt of await store.attemptsOf(buildId)) newest.set(attempt.stepId, attempt);
  const firstAt = (attempt: LogAttempt): number => attempt.firstAt ?? attempt.touchedAt;
  return { steps: [...newest.values()].sort((a, b) => firstAt(a) - firstAt(b)).map(toIndex) };
};
