import { subjects } from '@cyclone/contracts';
import type { Publisher } from '@cyclone/messaging';
import { forwardableEvents, type PositionedCommit } from '../commit.js';
import type { Watermark } from './watermark.js';

export interface PublishedBatch {
  readonly watermark: Watermark;
  /** `lost`: the broker counts from anew; `failed`: it did not take everything. */
  readonly end: 'done' | 'lost' | 'failed';
  readonly error?: unknown;
}

type Acknowledgement = Awaited<ReturnType<Publisher['publish']>>;

const encoder = new TextEncoder();

const publishCommit = (publisher: Publisher, commit: PositionedCommit): Promise<readonly Acknowledgement[]> =>
  Promise.all(
    forwardableEvents(commit).map((event) =>
      publisher.publish({ subject: subjects.event(event), id: event.id, data: encoder.encode(JSON.stringify(event)) }),
    ),
  );

/**
 * Publishes commits in order, without waiting between them. The watermark moves over the commits before the first
 * that failed: those behind it are published again, and consumers know them by their position.
 */
export const publishBatch = async (
  publisher: Publisher,
  commits: readonly PositionedCommit[],
  from: Watermark,
): Promise<PublishedBatch> => {
  const answers = await Promise.allSettled(commits.map((commit) => publishCommit(publisher, commit)));
  let watermark = from;
  for (const [index, answer] of answers.entries()) {
    if (answer.status === 'rejected') return { watermark, end: 'failed', error: answer.reason };
    const fresh = answer.value.filter((acknowledgement) => !acknowledgement.duplicate);
    // Nobody else publishes here: a sequence that was there before belongs to a stream that lost what it had.
    if (fresh.some(({ streamSequence }) => streamSequence <= watermark.streamSequence))
      return { watermark, end: 'lost' };
    const streamSequence = Math.max(
      watermark.streamSequence,
      ...fresh.map((acknowledgement) => acknowledgement.streamSequence),
    );
    watermark = { ...watermark, position: commits[index]?.g ?? watermark.position, streamSequence };
  }
  return { watermark, end: 'done' };
};
