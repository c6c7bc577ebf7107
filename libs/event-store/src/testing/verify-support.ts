import type { StreamRef } from '@cyclone/contracts';
import type { StoredCommit } from '../commit.js';
import type { NewEvent } from '../event-store.js';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import type { Finding } from '../verify/finding.js';
import { verifyStore, type VerifyOptions } from '../verify/verify-store.js';
import { aProject, anAppend, secretSet } from './samples.js';

export const at = 1_700_000_000_000;
export const later = at + 86_400_000;

export async function* each<Item>(items: Iterable<Item>): AsyncIterable<Item> {
  yield* items;
}

export const collect = async (findings: AsyncIterable<Finding>): Promise<Finding[]> => {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
};

/** The same store with its commits changed on the way out, as somebody with access to the database would have. */
export const tampered = (
  store: MemoryEventStore,
  change: (commit: StoredCommit) => StoredCommit | undefined,
): VerifyOptions['store'] => {
  const changed = async function* (commits: AsyncIterable<StoredCommit>) {
    for await (const commit of commits) {
      const result = change(commit);
      if (result !== undefined) yield result;
    }
  };
  return {
    findCommand: (stream, id) => store.findCommand(stream, id),
    readStream: (stream, range) => store.readStream(stream, range),
    byStream: (options) => changed(store.byStream(options)),
    byPosition: (range) => changed(store.byPosition(range)),
  };
};

export const verify = (store: VerifyOptions['store'], options: Partial<VerifyOptions> = {}): Promise<Finding[]> =>
  collect(verifyStore({ store, now: later, ...options }));

export const filled = async (): Promise<{ store: MemoryEventStore; stream: StreamRef }> => {
  const store = new MemoryEventStore();
  const stream = aProject();
  for (let version = 0; version < 6; version += 2) {
    await store.append(
      anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1), secretSet(version + 2)] }),
    );
  }
  return { store, stream };
};

export const history = async (stream: StreamRef, ...events: readonly NewEvent[]): Promise<MemoryEventStore> => {
  const store = new MemoryEventStore();
  for (const [index, event] of events.entries())
    await store.append(anAppend(stream, { expectedVersion: index, events: [event], occurredAt: at }));
  return store;
};
