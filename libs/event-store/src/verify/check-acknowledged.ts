import type { CommandId, StreamRef } from '@cyclone/contracts';
import type { EventStore } from '../event-store.js';
import { streamName } from '../stream-name.js';
import type { Finding } from './finding.js';
import { hasEvents } from './has-events.js';

/** What somebody was told is done. A client that was given no command's id knows at least the stream that it made. */
export interface Acknowledged {
  readonly stream: StreamRef;
  readonly commandId?: CommandId | undefined;
}

/** I7: everything that somebody was told is done is in the store. The caller kept the list: a client, a load test. */
export async function* checkAcknowledged(
  acknowledged: AsyncIterable<Acknowledged>,
  store: Pick<EventStore, 'findCommand' | 'readStream'>,
): AsyncIterable<Finding> {
  for await (const { stream, commandId } of acknowledged) {
    const isThere =
      commandId === undefined
        ? await hasEvents(store, stream)
        : (await store.findCommand(stream, commandId)) !== undefined;
    if (isThere) continue;
    const what = commandId === undefined ? 'a stream' : `command ${commandId}`;
    yield { check: 'I7', message: `${what} was acknowledged and is not in the store`, stream: streamName(stream) };
  }
}
