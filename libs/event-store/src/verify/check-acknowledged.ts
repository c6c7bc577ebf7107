import type { CommandId, StreamRef } from '@cyclone/contracts';
import type { EventStore } from '../event-store.js';
import { streamName } from '../stream-name.js';
import type { Finding } from './finding.js';

/** I7: every command that somebody was told is done is in the store. The caller kept the list: a client, a load test. */
export async function* checkAcknowledged(
  acknowledged: AsyncIterable<{ readonly stream: StreamRef; readonly commandId: CommandId }>,
  store: Pick<EventStore, 'findCommand'>,
): AsyncIterable<Finding> {
  for await (const { stream, commandId } of acknowledged) {
    if ((await store.findCommand(stream, commandId)) !== undefined) continue;
    yield {
      check: 'I7',
      message: `command ${commandId} was acknowledged and is not in the store`,
      stream: streamName(stream),
    };
  }
}
