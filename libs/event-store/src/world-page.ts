import type { EventEnvelope } from '@cyclone/contracts';
import { positionedEvents, type PositionedCommit } from './commit.js';
import { pageBytesMax, type WorldPage } from './event-store.js';

/**
 * Makes one page out of commits in rising order. `horizon` is the last position that the commits were looked for up
 * to: a reader of few tenants moves on over what it may not see.
 */
export const worldPage = async (
  commits: AsyncIterable<PositionedCommit> | Iterable<PositionedCommit>,
  range: { readonly after: number; readonly limit: number; readonly horizon: number },
): Promise<WorldPage> => {
  const events: EventEnvelope[] = [];
  let bytes = 0;
  for await (const commit of commits) {
    events.push(...positionedEvents(commit));
    bytes += commit.b;
    if (events.length >= range.limit || bytes >= pageBytesMax) return { events, position: commit.g };
  }
  return { events, position: Math.max(range.after, range.horizon) };
};
