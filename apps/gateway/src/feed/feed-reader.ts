import type { EventEnvelope } from '@cyclone/contracts';
import type { Caller } from '../auth/caller.js';
import { seesTenant, tenantsOf } from '../auth/scope.js';
import type { WorldTail } from './world-tail.js';

export interface FeedFilter {
  readonly caller: Caller;
  readonly build?: string;
}

const isWanted = (event: EventEnvelope, { caller, build }: FeedFilter): boolean =>
  seesTenant(caller.scope, event.tenant) &&
  (build === undefined ||
    ((event.stream.kind === 'build' || event.stream.kind === 'log') && event.stream.id === build));

/** One page of what the caller may see. Its position may be past its last event: what lies between was not theirs. */
export const readFeedPage = async (
  tail: WorldTail,
  filter: FeedFilter,
  after: number,
  limit: number,
): Promise<{ items: EventEnvelope[]; position: number }> => {
  const page = await tail.read(after, limit, tenantsOf(filter.caller.scope));
  return { items: page.events.filter((event) => isWanted(event, filter)), position: page.position };
};

const quietPositionsMax = 1_000;

/**
 * The feed from a position on, for ever: history joined to live, since both are the same read. Pages without a wanted
 * event are passed over, except that now and then one tells how far the world has moved.
 */
export async function* followFeed(
  tail: WorldTail,
  filter: FeedFilter,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<{ items: EventEnvelope[]; position: number }> {
  let position = after;
  let told = after;
  while (!signal.aborted) {
    const page = await readFeedPage(tail, filter, position, 500);
    const hasMoved = page.position > position;
    position = Math.max(position, page.position);
    if (page.items.length > 0 || position - told >= quietPositionsMax) {
      told = position;
      yield { items: page.items, position };
    }
    if (!hasMoved) await tail.movedPast(position, signal);
  }
}
