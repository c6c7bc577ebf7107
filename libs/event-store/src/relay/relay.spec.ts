import { afterEach, describe, expect, it } from '@jest/globals';
import { BrokerUnavailableError, type OutgoingMessage, type Publisher, type StreamInspector } from '@cyclone/messaging';
import { eventually } from '@cyclone/testing';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { MemoryLeaseStore } from '../memory/memory-lease-store.js';
import { MemoryWatermarkStore } from '../memory/memory-watermark-store.js';
import { aProject, anAppend, secretSet } from '../testing/samples.js';
import type { PositionStore } from './position-store.js';
import { startRelay, type Relay } from './relay.js';

/** A broker's stream as the relay knows it: it dedupes, can fail, be lost, and be set back. */
class Broker implements Publisher, StreamInspector {
  messages: OutgoingMessage[] = [];
  createdAt = 1;
  failures = 0;

  async publish(message: OutgoingMessage) {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new BrokerUnavailableError('it is away');
    }
    const seen = this.messages.findIndex((one) => one.id === message.id);
    if (seen >= 0) return { duplicate: true, streamSequence: seen + 1 };
    this.messages.push(message);
    return { duplicate: false, streamSequence: this.messages.length };
  }

  async inspect() {
    return { createdAt: this.createdAt, firstSequence: 1, lastSequence: this.messages.length };
  }

  positions(): number[] {
    return this.messages.map((message) => JSON.parse(new TextDecoder().decode(message.data)).position);
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a relay', () => {
  const running: Relay[] = [];
  afterEach(async () => {
    for (const relay of running.splice(0)) await relay.stop();
  });

  const setUp = () => {
    const broker = new Broker();
    const watermarks = new MemoryWatermarkStore();
    const leases = new MemoryLeaseStore(() => performance.now());
    const relays: Relay[] = [];
    const store = new MemoryEventStore({
      positions: 'by-sequencer',
      onAppend: () => relays.forEach((relay) => relay.nudge()),
    });
    const problems: unknown[] = [];
    const start = (holder = 'one', options = {}): Relay => {
      const onProblem = (problem: unknown): unknown => problems.push(problem);
      const relay = startRelay({
        positions: store,
        watermarks,
        leases,
        publisher: broker,
        inspector: broker,
        holder,
        leaseTtlMs: 300,
        pollMs: 60_000,
        onProblem,
        ...options,
      });
      relays.push(relay);
      running.push(relay);
      return relay;
    };
    const append = async (count: number): Promise<void> => {
      const stream = aProject();
      for (let version = 0; version < count; version += 1)
        await store.append(anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1)] }));
    };
    return { broker, watermarks, store, start, append, problems };
  };

  it("gives positions and publishes in their order, under the event's subject and id", async () => {
    const { broker, store, start, append, watermarks } = setUp();
    await append(3);
    start();
    await eventually(() => expect(broker.positions()).toEqual([1, 2, 3]));
    await append(2);
    await eventually(() => expect(broker.positions()).toEqual(range(5)));
    const { events } = await store.readAll({ after: 0, limit: 10 });
    expect(broker.messages.map((message) => message.id)).toEqual(events.map((event) => event.id));
    expect(broker.messages[0]?.subject).toMatch(/^cyclone\.event\.project\.p-[^.]+\.p-[^.]+\.secret-set$/);
    expect(broker.messages.map((message) => JSON.parse(new TextDecoder().decode(message.data)))).toEqual(events);
    await eventually(async () =>
      expect(await watermarks.load()).toEqual({ position: 5, streamCreatedAt: 1, streamSequence: 5 }),
    );
  });

  it('takes turns until nothing waits, where one turn cannot take it all', async () => {
    const { broker, start, append } = setUp();
    await append(1_100);
    start();
    await eventually(() => expect(broker.positions()).toEqual(range(1_100)), { timeoutMs: 10_000 });
  });

  it('looks into the store once for what was appended, and not for what it has just sequenced', async () => {
    const { broker, store, start, append } = setUp();
    const looks = { waiting: 0, positioned: 0 };
    const positions: PositionStore = {
      lastPosition: () => store.lastPosition(),
      positionBefore: () => store.positionBefore(),
      assign: (commits, after) => store.assign(commits, after),
      waiting: (limit) => ((looks.waiting += 1), store.waiting(limit)),
      positioned: (after, limit) => ((looks.positioned += 1), store.positioned(after, limit)),
    };
    start('one', { positions });
    await append(1);
    await eventually(() => expect(broker.positions()).toEqual([1]));
    const before = { ...looks };
    await append(1);
    await eventually(() => expect(broker.positions()).toEqual([1, 2]));
    expect(looks).toEqual({ waiting: before.waiting + 1, positioned: before.positioned });
  });

  it('goes on after the broker was away, losing nothing', async () => {
    const { broker, start, append, problems } = setUp();
    broker.failures = 4;
    await append(6);
    start();
    await eventually(() => expect(new Set(broker.positions())).toEqual(new Set(range(6))));
    expect(problems).not.toHaveLength(0);
  });

  it('goes on where the one before stopped', async () => {
    const { broker, start, append } = setUp();
    await append(2);
    const first = start('one');
    await eventually(() => expect(broker.positions()).toEqual([1, 2]));
    await first.stop();
    await append(2);
    start('two');
    await eventually(() => expect(broker.positions()).toEqual(range(4)));
  });

  it('lets one of two lead, and the other take over', async () => {
    const { broker, start, append } = setUp();
    const [one, two] = [start('one'), start('two')];
    await append(1);
    await eventually(() => expect(broker.positions()).toEqual([1]));
    const leaders = [one, two].filter((relay) => relay.watermark() !== undefined);
    expect(leaders).toHaveLength(1);
    await leaders[0]?.stop();
    await append(1);
    await eventually(() => expect(broker.positions()).toEqual([1, 2]));
  });

  // Seen to fail with the comparison of `createdAt` taken out of the check of the watermark.
  it('publishes everything again when the stream was lost and made anew', async () => {
    const { broker, start, append } = setUp();
    await append(4);
    const first = start();
    await eventually(() => expect(broker.positions()).toEqual(range(4)));
    await first.stop();
    broker.messages = [];
    broker.createdAt = 2;
    // Somebody was there before us: the number of messages alone would tell nothing.
    for (const id of ['w', 'x', 'y', 'z'])
      await broker.publish({ subject: 'other', id, data: Buffer.from('{"position":0}') });
    start('two');
    await eventually(() => expect(broker.positions()).toEqual([0, 0, 0, 0, ...range(4)]));
  });

  // Seen to fail with the comparison of sequences taken out of the check of the watermark.
  it('publishes again what an older copy of the stream has forgotten', async () => {
    const { broker, start, append } = setUp();
    await append(4);
    const first = start();
    await eventually(() => expect(broker.positions()).toEqual(range(4)));
    await first.stop();
    broker.messages = broker.messages.slice(0, 2);
    start('two');
    await eventually(() => expect(broker.positions()).toEqual(range(4)));
  });

  // Seen to fail with `lost` taken out of publishBatch: only the newest event came.
  it('notices by the very next acknowledgement that the stream counts anew', async () => {
    const { broker, start, append } = setUp();
    await append(4);
    start();
    await eventually(() => expect(broker.positions()).toEqual(range(4)));
    broker.messages = [];
    broker.createdAt = 2;
    await append(1);
    await eventually(() => expect(new Set(broker.positions())).toEqual(new Set(range(5))));
  });

  it('looks at a quiet stream now and then', async () => {
    const { broker, start, append } = setUp();
    await append(2);
    start('one', { inspectMs: 50 });
    await eventually(() => expect(broker.positions()).toEqual([1, 2]));
    broker.messages = [];
    broker.createdAt = 2;
    await eventually(() => expect(broker.positions()).toEqual([1, 2]));
  });
});
