import { describe, expect, it } from '@jest/globals';
import { accept, acceptNothing, reject, type Decider } from './decider.js';
import { createCommandHandler } from './command-handler.js';
import { StreamConflictError, TooManyConflictsError } from './errors.js';
import type { EventStore, RecordedEvent } from './event-store.js';
import { MemoryEventStore } from './memory/memory-event-store.js';
import { commandId, secretSet } from './testing/samples.js';

type Command = { readonly kind: 'set' | 'set-once' | 'touch' | 'fail' };
interface State {
  readonly count: number;
  readonly folded: number;
}

let evolved = 0;
const decider: Decider<State, Command, { type: string; data: unknown }> = {
  initialState: { count: 0, folded: 0 },
  decide: (command, state) => {
    if (command.kind === 'fail') return reject({ code: 'no', message: 'never' });
    if (command.kind === 'touch') return acceptNothing;
    if (command.kind === 'set-once' && state.count > 0) return reject({ code: 'already-set', message: 'it is set' });
    return accept(secretSet(state.count + 1));
  },
  evolve: (state, event) => {
    evolved += 1;
    return { count: state.count + 1, folded: event.streamVersion };
  },
};

const request = (kind: Command['kind'], id: string) => ({
  id: 'shop',
  command: { kind },
  commandId: commandId(id),
  tenant: 'shop',
  actor: { kind: 'system' as const, id: 'spec' },
  trace: { correlationId: 'c' },
  occurredAt: 7,
});

const handlerOn = (store: EventStore, attemptsMax?: number) =>
  createCommandHandler({ store, kind: 'project', decider, attemptsMax, pause: async () => {} });

/** Counts the calls that go through to the store. */
const counting = (store: EventStore) => {
  const calls = { append: 0, readStream: 0, findCommand: 0 };
  const counted: EventStore = {
    append: (append) => ((calls.append += 1), store.append(append)),
    readStream: (stream, range) => ((calls.readStream += 1), store.readStream(stream, range)),
    findCommand: (stream, id) => ((calls.findCommand += 1), store.findCommand(stream, id)),
    readAll: (range) => store.readAll(range),
    lastPosition: () => store.lastPosition(),
  };
  return { counted, calls };
};

describe('a command handler', () => {
  it('appends what was decided and gives the state after it', async () => {
    const store = new MemoryEventStore();
    const handled = await handlerOn(store).handle(request('set', 'a'));
    expect(handled).toMatchObject({ kind: 'accepted', streamVersion: 1, state: { count: 1, folded: 1 } });
    expect(handled.kind === 'accepted' && handled.events[0]).toMatchObject({ type: 'SecretSet', occurredAt: 7 });
    expect(await store.readStream({ kind: 'project', id: 'shop' })).toHaveLength(1);
  });

  it('gives a rejection as a value, and appends nothing', async () => {
    const store = new MemoryEventStore();
    expect(await handlerOn(store).handle(request('fail', 'a'))).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'no' },
    });
    expect(await store.lastPosition()).toBe(0);
  });

  it('appends nothing where there is nothing to do', async () => {
    const store = new MemoryEventStore();
    expect(await handlerOn(store).handle(request('touch', 'a'))).toMatchObject({
      kind: 'accepted',
      events: [],
      streamVersion: 0,
    });
    expect(await store.lastPosition()).toBe(0);
  });

  it('answers a repeated command with its commit, also where it would now be rejected', async () => {
    const store = new MemoryEventStore();
    const first = await handlerOn(store).handle(request('set-once', 'a'));
    await handlerOn(store).handle(request('set', 'b'));
    const [fresh, again] = [handlerOn(store), handlerOn(store)];
    await again.load('shop');
    for (const handler of [fresh, again]) {
      const repeated = await handler.handle(request('set-once', 'a'));
      expect(repeated).toMatchObject({ kind: 'accepted', streamVersion: 2, state: { count: 2 } });
      const ids = (handled: typeof first): unknown =>
        handled.kind === 'accepted' && handled.events.map((event) => event.id);
      expect(ids(repeated)).toEqual(ids(first));
    }
    expect(await handlerOn(store).handle(request('set-once', 'c'))).toMatchObject({ kind: 'rejected' });
  });

  it('costs one append and one fold step however long the stream is', async () => {
    const { counted, calls } = counting(new MemoryEventStore());
    const handler = handlerOn(counted);
    for (let at = 0; at < 200; at += 1) await handler.handle(request('set', `c${at}`));
    const before = { ...calls };
    evolved = 0;
    await handler.handle(request('set', 'last'));
    expect(evolved).toBe(1);
    expect(calls).toEqual({ ...before, append: before.append + 1 });
  });

  it('decides again on what others appended', async () => {
    const store = new MemoryEventStore();
    const [left, right] = [handlerOn(store), handlerOn(store)];
    await left.handle(request('set', 'a'));
    await right.handle(request('set', 'b'));
    expect(await left.handle(request('set', 'c'))).toMatchObject({
      kind: 'accepted',
      streamVersion: 3,
      state: { count: 3 },
    });
    expect(await right.handle(request('touch', 'd'))).toMatchObject({ kind: 'accepted', streamVersion: 3 });
    const events = await store.readStream({ kind: 'project', id: 'shop' });
    expect(events.map((event: RecordedEvent) => event.data)).toMatchObject([
      { secretVersion: 1 },
      { secretVersion: 2 },
      { secretVersion: 3 },
    ]);
  });

  it('lets commands of one stream wait for each other instead of colliding', async () => {
    const { counted, calls } = counting(new MemoryEventStore());
    const handler = handlerOn(counted);
    await Promise.all(Array.from({ length: 50 }, (_, at) => handler.handle(request('set', `c${at}`))));
    expect(calls.append).toBe(50);
  });

  it('gives up after its limit of conflicts', async () => {
    const store = new MemoryEventStore();
    const { counted } = counting(store);
    const moving: EventStore = {
      ...counted,
      append: async () => {
        throw new StreamConflictError('project-shop', 0);
      },
    };
    await expect(handlerOn(moving, 3).handle(request('set', 'a'))).rejects.toThrow(TooManyConflictsError);
  });
});
