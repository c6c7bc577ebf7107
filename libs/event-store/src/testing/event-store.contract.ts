import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventEnvelope } from '@cyclone/contracts';
import { AppendRefusedError, StreamConflictError } from '../errors.js';
import type { EventStore, RecordedEvent } from '../event-store.js';
import type { CommitReader } from '../commit-reader.js';
import { verifyChain } from '../hash-chain.js';
import type { StoredCommit } from '../commit.js';
import { commitBytesMax, commitEventsMax } from '../prepare-commit.js';
import { aProject, anAppend, commandId, projectCreated, secretSet } from './samples.js';

export interface EventStoreUnderTest {
  readonly store: EventStore & CommitReader;
  /** Gives every commit that waits its position. */
  settle(): Promise<void>;
  dispose(): Promise<void>;
}

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
};

const versions = (events: readonly RecordedEvent[]): number[] => events.map((event) => event.streamVersion);

/** What every EventStore does. */
export const eventStoreContract = (name: string, factory: () => Promise<EventStoreUnderTest>): void => {
  describe(`event store: ${name}`, () => {
    let under: EventStoreUnderTest | undefined;
    let store: EventStoreUnderTest['store'];
    beforeAll(async () => {
      under = await factory();
      store = under.store;
    }, 120_000);
    afterAll(() => under?.dispose());

    const commitsOf = async (id: string): Promise<StoredCommit[]> =>
      (await collect(store.byStream({ kinds: ['project'] }))).filter((commit) => commit.s === `project-${id}`);

    it('gives back what was appended, in version order, with everything about its commit', async () => {
      const stream = aProject();
      const first = await store.append(anAppend(stream, { events: [projectCreated(stream.id), secretSet(1)] }));
      const second = await store.append(anAppend(stream, { expectedVersion: 2, events: [secretSet(2)] }));
      const read = await store.readStream(stream);
      expect(read.map(({ position: _, ...event }) => event)).toEqual([...first.events, ...second.events]);
      expect(versions(read)).toEqual([1, 2, 3]);
      expect(second).toMatchObject({ kind: 'appended', streamVersion: 3 });
      expect(read[0]).toMatchObject({
        type: 'ProjectCreated',
        version: 1,
        stream,
        tenant: stream.id,
        actor: { id: 'spec' },
      });
    });

    it('has nothing in a stream that was never appended to', async () => {
      expect(await store.readStream(aProject())).toEqual([]);
    });

    it.each([1, 2, 5])('refuses to append at version %i of a stream that ends at 3', async (expectedVersion) => {
      const stream = aProject();
      await store.append(anAppend(stream, { events: [secretSet(1), secretSet(2), secretSet(3)] }));
      await expect(store.append(anAppend(stream, { expectedVersion }))).rejects.toThrow(StreamConflictError);
      expect(await store.readStream(stream)).toHaveLength(3);
    });

    it('refuses to begin a stream that is there', async () => {
      const stream = aProject();
      await store.append(anAppend(stream));
      await expect(store.append(anAppend(stream))).rejects.toThrow(StreamConflictError);
    });

    it('lets exactly one of many racing appends win', async () => {
      const stream = aProject();
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.append(anAppend(stream))));
      const lost = results.filter((result) => result.status === 'rejected');
      expect(lost).toHaveLength(19);
      for (const result of lost) expect(result.reason).toBeInstanceOf(StreamConflictError);
      expect(await store.readStream(stream)).toHaveLength(1);
    });

    it('answers a repeated command with the commit that is there, wherever the stream has gone', async () => {
      const stream = aProject();
      const command = anAppend(stream, { commandId: commandId('once') });
      const first = await store.append(command);
      await store.append(anAppend(stream, { expectedVersion: 1 }));
      for (const expectedVersion of [0, 1, 2, 9]) {
        const again = await store.append({ ...command, expectedVersion });
        expect(again).toMatchObject({ kind: 'repeated', streamVersion: 1 });
        expect(again.events.map((event) => event.id)).toEqual(first.events.map((event) => event.id));
      }
      expect(await store.readStream(stream)).toHaveLength(2);
      expect(await store.findCommand(stream, command.commandId)).toMatchObject({ kind: 'repeated', streamVersion: 1 });
      expect(await store.findCommand(stream, commandId('never'))).toBeUndefined();
    });

    it('carries the same command out once on each of two streams, with different event ids', async () => {
      const [left, right] = [aProject(), aProject()];
      const one = await store.append(anAppend(left, { commandId: commandId('shared') }));
      const other = await store.append(anAppend(right, { commandId: commandId('shared') }));
      expect([one.kind, other.kind]).toEqual(['appended', 'appended']);
      expect(one.events[0]?.id).not.toBe(other.events[0]?.id);
    });

    it('reads a part of a stream, also from inside a commit', async () => {
      const stream = aProject();
      await store.append(anAppend(stream, { events: [1, 2, 3, 4].map((n) => secretSet(n)) }));
      await store.append(anAppend(stream, { expectedVersion: 4, events: [secretSet(5), secretSet(6)] }));
      expect(versions(await store.readStream(stream, { afterVersion: 2 }))).toEqual([3, 4, 5, 6]);
      expect(versions(await store.readStream(stream, { afterVersion: 2, limit: 3 }))).toEqual([3, 4, 5]);
      expect(versions(await store.readStream(stream, { afterVersion: 6 }))).toEqual([]);
    });

    it('takes as much as it promises, and refuses more', async () => {
      const stream = aProject();
      const many = Array.from({ length: commitEventsMax }, (_, index) => secretSet(index + 1));
      await store.append(anAppend(stream, { events: many }));
      const long = (bytes: number) =>
        anAppend(aProject('long'), { events: [projectCreated('long', 'x'.repeat(bytes))] });
      const tooMuch = [
        anAppend(stream, { expectedVersion: 1000, events: [] }),
        anAppend(stream, { expectedVersion: 1000, events: [...many, secretSet(1)] }),
        long(2001),
        anAppend(aProject(), {
          events: Array.from({ length: 200 }, (_, n) => projectCreated(`p${n}`, 'y'.repeat(1900))),
        }),
      ];
      for (const append of tooMuch) await expect(store.append(append)).rejects.toThrow(AppendRefusedError);
      expect(200 * 1900).toBeGreaterThan(commitBytesMax);
      expect(await store.readStream(stream)).toHaveLength(1000);
      expect(await store.readStream(aProject('long'))).toEqual([]);
    });

    it.each([
      ['of no known type', { type: 'SecretEaten', data: {} }],
      ['whose data its schema refuses', { type: 'SecretSet', data: { name: 'no name', secretVersion: 1 } }],
      ['of another kind of stream', { type: 'TokenRevoked', data: { tokenId: 't1' } }],
    ])('refuses an event %s', async (_, event) => {
      const stream = aProject();
      await expect(store.append(anAppend(stream, { events: [event] }))).rejects.toThrow(AppendRefusedError);
      expect(await store.readStream(stream)).toEqual([]);
    });

    it('gives back strange text and keys as its hash covers them', async () => {
      const id = aProject().id;
      const data = {
        projectId: id,
        forge: 'generic',
        forgeDeliveryId: 'a\ud800b',
        kind: 'push',
        headers: { 'x.dotted.key': '\u0000\u2028"\\', $dollar: '1', '': 'empty', é: '😀', '10': 'ten', '9': 'nine' },
        bodyDigest: `sha256:${'0'.repeat(64)}`,
        bodyBytes: 4_294_967_296,
      };
      const stream = { kind: 'delivery' as const, id };
      await store.append(anAppend(stream, { events: [{ type: 'DeliveryReceived', data }] }));
      const [event] = await store.readStream(stream);
      expect(event?.data).toEqual({ ...data, forgeDeliveryId: 'a\ufffdb' });
      expect(await verifyChain(store.byStream({ kinds: ['delivery'] }))).toBeUndefined();
    });

    it('chains the commits of a stream', async () => {
      const stream = aProject();
      for (let version = 0; version < 3; version += 1)
        await store.append(anAppend(stream, { expectedVersion: version }));
      const commits = await commitsOf(stream.id);
      expect(commits).toHaveLength(3);
      expect(await verifyChain(commits)).toBeUndefined();
      expect(await verifyChain(commits.slice(1))).toMatchObject({ version: 2 });
    });

    it('gives the world in one order, gap-free, pages never splitting a commit', async () => {
      await under?.settle();
      const before = await store.lastPosition();
      const stream = aProject();
      await store.append(anAppend(stream, { events: [secretSet(1), secretSet(2)] }));
      await store.append(anAppend(stream, { expectedVersion: 2, events: [secretSet(3)] }));
      await store.append(anAppend(aProject()));
      await under?.settle();
      const page = await store.readAll({ after: before, limit: 1 });
      expect(page.events.map((event) => [event.position, event.streamVersion])).toEqual([
        [before + 1, 1],
        [before + 1, 2],
      ]);
      expect(page.position).toBe(before + 1);
      const rest = await store.readAll({ after: page.position, limit: 100 });
      expect(rest.events.map((event) => event.position)).toEqual([before + 2, before + 3]);
      expect(rest.position).toBe(before + 3);
      for (const event of rest.events) expect(EventEnvelope.parse(event)).toEqual(event);
      expect(await store.lastPosition()).toBe(before + 3);
      expect(await store.readAll({ after: before + 3, limit: 10 })).toEqual({ events: [], position: before + 3 });
      const positions = (await collect(store.byPosition({ after: 0 }))).map((commit) => commit.g);
      expect(positions).toEqual(Array.from({ length: before + 3 }, (_, index) => index + 1));
    });

    it('shows a tenant its own events only, and moves its cursor over those of others', async () => {
      await under?.settle();
      const before = await store.lastPosition();
      const [mine, other] = [aProject(), aProject()];
      await store.append(anAppend(other));
      await store.append(anAppend(mine));
      await store.append(anAppend(other, { expectedVersion: 1 }));
      await under?.settle();
      const page = await store.readAll({ after: before, limit: 10, tenants: [mine.id] });
      expect(page.events.map((event) => event.tenant)).toEqual([mine.id]);
      expect(page.position).toBe(before + 3);
    });
  });
};
