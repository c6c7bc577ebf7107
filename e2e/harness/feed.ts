import { routes, type EventEnvelope } from '@cyclone/contracts';
import type { PlatformUnderTest } from './platform.js';

/** Everything that has happened since the position, by the public feed. */
export async function readFeed(platform: PlatformUnderTest, after = 0): Promise<readonly EventEnvelope[]> {
  const events: EventEnvelope[] = [];
  for (let position = after; ;) {
    const page = await platform.api.call(routes.readFeed, { query: { after: position, limit: 500 } });
    events.push(...page.items);
    if (page.position <= position) return events;
    position = page.position;
  }
}
