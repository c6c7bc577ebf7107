import type { StreamRef } from '@cyclone/contracts';
import { UnreadableEventError } from '../errors.js';
import type { EventStore } from '../event-store.js';

/** Also of a stream whose first event cannot be read: it is there. */
export const hasEvents = async (store: Pick<EventStore, 'readStream'>, stream: StreamRef): Promise<boolean> => {
  try {
    return (await store.readStream(stream, { limit: 1 })).length > 0;
  } catch (error) {
    if (error instanceof UnreadableEventError) return true;
    throw error;
  }
};
