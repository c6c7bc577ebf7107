import type { mongo } from 'mongoose';
import type { Watch } from '../wake-up.js';
import type { CommitDocument } from './collections.js';

export interface WatchOptions {
  /** `appended`: new commits, for the sequencer; `positioned`: commits got their places, for readers of the world. */
  readonly of: 'appended' | 'positioned';
  readonly nudge: () => void;
  readonly onProblem?: (error: unknown) => void;
  readonly reopenMs?: number;
}

const operation = { appended: 'insert', positioned: 'update' } as const;

/**
 * Nudges when another process has appended or sequenced, over a change stream. It is a wake-up only: each nudge is
 * answered by reading the store, so what a broken stream misses is found by looking. It nudges once when it opens.
 */
export const watchCommits = (commits: mongo.Collection<CommitDocument>, options: WatchOptions): Watch => {
  const { nudge, onProblem, reopenMs = 1000 } = options;
  const pipeline = [{ $match: { operationType: operation[options.of] } }, { $project: { _id: 1 } }];
  let open: mongo.ChangeStream | undefined;
  let reopening: NodeJS.Timeout | undefined;
  let closed = false;
  let healthy = false;

  const reopenLater = (stream: mongo.ChangeStream, error?: unknown): void => {
    if (open !== stream) return;
    open = undefined;
    healthy = false;
    if (closed) return;
    if (error !== undefined) onProblem?.(error);
    stream.close().catch(() => {});
    reopening = setTimeout(start, reopenMs);
    nudge();
  };

  const start = (): void => {
    const stream = commits.watch(pipeline, { batchSize: 1000 });
    open = stream;
    stream.on('change', nudge);
    stream.on('error', (error) => reopenLater(stream, error));
    stream.on('close', () => reopenLater(stream));
    stream.on('init', () => {
      healthy = true;
      nudge();
    });
  };

  start();
  return {
    healthy: () => healthy,
    close: async () => {
      closed = true;
      healthy = false;
      clearTimeout(reopening);
      await open?.close();
    },
  };
};
