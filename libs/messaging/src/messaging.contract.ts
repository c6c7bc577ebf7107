import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { consumers } from '@cyclone/contracts';
import { eventually } from '@cyclone/testing';
import type { Consumer, ConsumerDefinition, IncomingMessage, Subscription } from './consumer.js';
import { MessageTooLargeError, PublishRefusedError } from './errors.js';
import { done, rejectMessage, retryAfter } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { Publisher, Signals } from './publisher.js';
import type { StreamInspector } from './stream-inspector.js';

export interface MessagingUnderTest {
  readonly publisher: Publisher;
  /** Its back-off is {@link contractRetryMs}. */
  readonly consumer: Consumer;
  readonly signals: Signals;
  readonly inspector: StreamInspector;
  dispose(): Promise<void>;
}

export const contractRetryMs = 20;

const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

const gate = (): Gate => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
};

/** What every adapter of the ports promises. */
export const messagingContract = (name: string, start: () => Promise<MessagingUnderTest>): void => {
  describe(`${name} keeps the messaging contract`, () => {
    let under: MessagingUnderTest;
    let topic = 0;
    const subscriptions: Subscription[] = [];

    beforeAll(async () => {
      under = await start();
    }, 120_000);
    beforeEach(() => {
      topic += 1;
    });
    afterAll(async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.drain(0)));
      await under.dispose();
    });

    const subject = (kind: string): string => `cyclone.report.job.topic-${topic}.build.job.${kind}`;
    const ours = (): string[] => [`cyclone.report.job.topic-${topic}.>`];
    const definition = (changes: Partial<ConsumerDefinition> = {}): ConsumerDefinition => ({
      ...consumers.pipelineRunnerReports,
      durable: `contract-${topic}`,
      ...changes,
    });
    const publish = (kind: string, value: string, id = `topic-${topic}-${value}`) =>
      under.publisher.publish({ subject: subject(kind), id, data: bytes(value) });
    const subscribe = async (
      handle: (message: IncomingMessage) => Promise<Outcome>,
      changes: Partial<ConsumerDefinition> = {},
      concurrency = 4,
    ) => {
      const subscription = await under.consumer.subscribe({
        consumer: definition(changes),
        subjects: ours(),
        concurrency,
        keyOf: (message) => message.subject,
        handle,
      });
      subscriptions.push(subscription);
      return subscription;
    };
    const deadLetters = async (): Promise<IncomingMessage[]> => {
      const letters: IncomingMessage[] = [];
      const consumer = { ...definition(), durable: `contract-${topic}-dead`, stream: 'dead' as const };
      const handle = async (message: IncomingMessage): Promise<Outcome> => {
        letters.push(message);
        return done;
      };
      subscriptions.push(
        await under.consumer.subscribe({
          consumer,
          subjects: [`cyclone.dead.contract-${topic}`],
          concurrency: 1,
          keyOf: () => '',
          handle,
        }),
      );
      return letters;
    };

    it('stores a message once, however often it is published', async () => {
      const first = await publish('a', 'once');
      expect(await publish('a', 'once')).toEqual({ duplicate: true, streamSequence: first.streamSequence });
      expect((await publish('a', 'twice')).streamSequence).toBeGreaterThan(first.streamSequence);
    });

    it('refuses what no stream takes, what is too much, and what is too large', async () => {
      await expect(
        under.publisher.publish({ subject: 'cyclone.unheard-of', id: 'x', data: bytes('x') }),
      ).rejects.toBeInstanceOf(PublishRefusedError);
      const offer = { subject: `cyclone.command.runner.pool-${topic}.run-job.build.job.1`, data: bytes('offer') };
      await under.publisher.publish({ ...offer, id: `offer-${topic}-1` });
      await expect(under.publisher.publish({ ...offer, id: `offer-${topic}-2` })).rejects.toBeInstanceOf(
        PublishRefusedError,
      );
      const large = under.publisher.publish({
        subject: subject('a'),
        id: `large-${topic}`,
        data: new Uint8Array(300 * 1024),
      });
      await expect(large).rejects.toBeInstanceOf(MessageTooLargeError);
    });

    it('keeps the order of messages that were published without waiting', async () => {
      const seen: string[] = [];
      await subscribe(async (message) => {
        seen.push(text(message.data));
        return done;
      });
      await Promise.all(range(300).map((value) => publish('a', String(value))));
      await eventually(() => expect(seen).toHaveLength(300));
      expect(seen).toEqual(range(300).map(String));
    });

    it('hands over subject, id, headers, bytes, and the number of the try', async () => {
      const seen: IncomingMessage[] = [];
      await subscribe(async (message) => {
        seen.push(message);
        return done;
      });
      const data = Uint8Array.of(0, 255, 10, 13);
      await under.publisher.publish({
        subject: subject('a'),
        id: `headers-${topic}`,
        headers: { 'Cyclone-Kind': 'chunk' },
        data,
      });
      await eventually(() => expect(seen).toHaveLength(1));
      expect(seen[0]).toMatchObject({ subject: subject('a'), id: `headers-${topic}`, deliveryCount: 1 });
      expect(seen[0]?.headers['Cyclone-Kind']).toBe('chunk');
      expect([...(seen[0]?.data ?? [])]).toEqual([...data]);
    });

    it('handles one key in order and one at a time, other keys beside it, within the limit', async () => {
      const running = new Set<string>();
      const orders = new Map<string, string[]>();
      let most = 0;
      await subscribe(
        async (message) => {
          const key = message.subject;
          expect(running.has(key)).toBe(false);
          running.add(key);
          most = Math.max(most, running.size);
          await new Promise((resolve) => setTimeout(resolve, 1));
          orders.set(key, [...(orders.get(key) ?? []), text(message.data)]);
          running.delete(key);
          return done;
        },
        {},
        3,
      );
      await Promise.all(range(60).map((value) => publish(`key-${value % 6}`, String(value))));
      await eventually(() => expect([...orders.values()].flat()).toHaveLength(60));
      for (const [key, order] of orders)
        expect(order).toEqual(
          range(60)
            .filter((value) => key.endsWith(`key-${value % 6}`))
            .map(String),
        );
      expect(most).toBe(3);
    });

    it('tries again after a failure, and after the delay that the handler asked for', async () => {
      const tries: { count: number; at: number }[] = [];
      await subscribe(async (message) => {
        tries.push({ count: message.deliveryCount, at: performance.now() });
        if (message.deliveryCount === 1) throw new Error('the outside failed');
        return message.deliveryCount === 2 ? retryAfter(200, 'not yet') : done;
      });
      await publish('a', 'again');
      await eventually(() => expect(tries.map((entry) => entry.count)).toEqual([1, 2, 3]));
      expect((tries[2]?.at ?? 0) - (tries[1]?.at ?? 0)).toBeGreaterThanOrEqual(190);
    });

    it('puts a message that always fails among the dead, raw and with its reason, and forgets it', async () => {
      let tries = 0;
      await subscribe(
        async () => {
          tries += 1;
          throw new Error('broken\nfor ever');
        },
        { maxDeliver: 3 },
      );
      const letters = await deadLetters();
      await under.publisher.publish({
        subject: subject('a'),
        id: `poison-${topic}`,
        headers: { 'Cyclone-Kind': 'chunk' },
        data: Uint8Array.of(1, 0, 2),
      });
      await eventually(() => expect(letters).toHaveLength(1));
      expect(tries).toBe(3);
      expect([...(letters[0]?.data ?? [])]).toEqual([1, 0, 2]);
      expect(letters[0]?.headers).toMatchObject({
        'Cyclone-Kind': 'chunk',
        'Cyclone-Dead-Reason': 'Error: broken for ever',
        'Cyclone-Dead-Subject': subject('a'),
        'Cyclone-Dead-Message-Id': `poison-${topic}`,
        'Cyclone-Dead-Deliveries': '3',
      });
    });

    it('puts a rejected message among the dead at once, and goes on with the next of its key', async () => {
      const seen: string[] = [];
      await subscribe(async (message) => {
        seen.push(text(message.data));
        return text(message.data) === 'bad' ? rejectMessage('not JSON') : done;
      });
      const letters = await deadLetters();
      await publish('a', 'bad');
      await publish('a', 'good');
      await eventually(() =>
        expect(letters.map((letter) => letter.headers['Cyclone-Dead-Reason'])).toEqual(['not JSON']),
      );
      await eventually(() => expect(seen).toEqual(['bad', 'good']));
    });

    it('shares one durable place among subscriptions, and goes on from it later', async () => {
      const seen: string[] = [];
      const handle = async (message: IncomingMessage): Promise<Outcome> => {
        seen.push(text(message.data));
        return done;
      };
      const both = [await subscribe(handle), await subscribe(handle)];
      await Promise.all(range(20).map((value) => publish(`key-${value}`, String(value))));
      await eventually(() => expect(seen).toHaveLength(20));
      await Promise.all(both.map((subscription) => subscription.drain(1_000)));
      await publish('a', 'later');
      await subscribe(handle);
      await eventually(() => expect(seen).toHaveLength(21));
      expect(new Set(seen).size).toBe(21);
    });

    it('delivers nothing twice while it waits its turn, nor while its handler says that it works', async () => {
      const counts: number[] = [];
      await subscribe(
        async (message) => {
          counts.push(message.deliveryCount);
          for (const _ of range(3)) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            message.extend();
          }
          return done;
        },
        { ackWaitMs: 200 },
        1,
      );
      await Promise.all(range(4).map((value) => publish('a', String(value))));
      await eventually(() => expect(counts).toHaveLength(4));
      expect(counts).toEqual([1, 1, 1, 1]);
    });

    it('takes no more of a work queue than it can begin', async () => {
      const pool = `pool-${topic}`;
      const consumer = { ...definition(), stream: 'jobs' as const };
      const held = gate();
      const busy: string[] = [];
      const idle: string[] = [];
      const join = async (into: string[], concurrency: number, wait: Promise<void>): Promise<void> => {
        const handle = async (message: IncomingMessage): Promise<Outcome> => {
          into.push(message.subject);
          await wait;
          return done;
        };
        const subjects = [`cyclone.command.runner.${pool}.run-job.>`];
        subscriptions.push(
          await under.consumer.subscribe({
            consumer,
            subjects,
            concurrency,
            keyOf: (message) => message.subject,
            handle,
          }),
        );
      };
      await join(busy, 2, held.opened);
      const offer = (job: number) =>
        under.publisher.publish({
          subject: `cyclone.command.runner.${pool}.run-job.build.job-${job}.1`,
          id: `${pool}-${job}`,
          data: bytes('offer'),
        });
      await Promise.all(range(6).map(offer));
      await eventually(() => expect(busy).toHaveLength(2));
      await join(idle, 1, Promise.resolve());
      await eventually(() => expect(idle).toHaveLength(4));
      expect(busy).toHaveLength(2);
      held.open();
      const last = await offer(7);
      expect(last.duplicate).toBe(false);
      await eventually(() => expect(busy.length + idle.length).toBe(7));
    });

    it('waits for what runs when it drains, and gives the rest to others at once', async () => {
      const started = gate();
      const held = gate();
      const first: string[] = [];
      const second: string[] = [];
      const draining = await subscribe(
        async (message) => {
          started.open();
          await held.opened;
          first.push(text(message.data));
          return done;
        },
        {},
        1,
      );
      await Promise.all(range(3).map((value) => publish('a', String(value))));
      await started.opened;
      const drained = draining.drain(5_000);
      await subscribe(async (message) => {
        second.push(text(message.data));
        return done;
      });
      await eventually(() => expect(second).toEqual(['1', '2']));
      expect(first).toEqual([]);
      held.open();
      await drained;
      expect(first).toEqual(['0']);
    });

    describe('in batches', () => {
      const subscribeBatches = async (
        handle: (messages: readonly IncomingMessage[]) => Promise<readonly Outcome[]>,
        changes: Partial<ConsumerDefinition> = {},
      ) => {
        const options = { consumer: definition(changes), subjects: ours(), batchMax: 8, lingerMs: 0, handle };
        subscriptions.push(await under.consumer.subscribeBatches(options));
      };

      it('hands over what has come, in order, never more than the limit and never two batches at once', async () => {
        const batches: string[][] = [];
        let running = 0;
        await subscribeBatches(async (messages) => {
          running += 1;
          expect(running).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 5));
          batches.push(messages.map((message) => text(message.data)));
          running -= 1;
          return messages.map(() => done);
        });
        await Promise.all(range(50).map((value) => publish('a', String(value))));
        await eventually(() => expect(batches.flat()).toHaveLength(50));
        expect(batches.flat()).toEqual(range(50).map(String));
        expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(8);
        expect(batches.length).toBeLessThan(50);
      });

      it('takes an outcome for each message', async () => {
        const letters = await deadLetters();
        const counts = new Map<string, number>();
        await subscribeBatches(async (messages) =>
          messages.map((message) => {
            const value = text(message.data);
            counts.set(value, message.deliveryCount);
            if (value === 'bad') return rejectMessage('no');
            return value === 'again' && message.deliveryCount === 1 ? retryAfter(10, 'once more') : done;
          }),
        );
        await Promise.all(['good', 'bad', 'again'].map((value) => publish('a', value)));
        await eventually(() => expect(Object.fromEntries(counts)).toEqual({ good: 1, bad: 1, again: 2 }));
        await eventually(() => expect(letters).toHaveLength(1));
      });

      it('buries only the message that breaks its batch', async () => {
        const letters = await deadLetters();
        const good = new Set<string>();
        await subscribeBatches(
          async (messages) => {
            if (messages.some((message) => text(message.data) === 'poison')) throw new Error('cannot');
            for (const message of messages) good.add(text(message.data));
            return messages.map(() => done);
          },
          { maxDeliver: 2 },
        );
        await Promise.all(['a', 'b', 'poison', 'c'].map((value) => publish('a', value)));
        await eventually(() => expect([...good].sort()).toEqual(['a', 'b', 'c']));
        await eventually(() => expect(letters.map((letter) => text(letter.data))).toEqual(['poison']));
      });
    });

    it('carries signals to whoever listens, while it listens', async () => {
      const seen: string[] = [];
      const stop = under.signals.listen('cyclone.live.confirm.*.logs', (signal) =>
        seen.push(`${signal.subject} ${signal.headers['Of'] ?? ''} ${text(signal.data)}`),
      );
      await eventually(() => {
        under.signals.send('cyclone.live.confirm.runner-1.logs', { headers: { Of: 'chunk' }, data: bytes('3') });
        expect(seen).toContain('cyclone.live.confirm.runner-1.logs chunk 3');
      });
      under.signals.send('cyclone.live.confirm.runner-1.reports', {});
      stop();
      const before = seen.length;
      const heard = gate();
      const stopLast = under.signals.listen('cyclone.live.last', () => heard.open());
      under.signals.send('cyclone.live.confirm.runner-1.logs', {});
      under.signals.send('cyclone.live.last', {});
      await heard.opened;
      stopLast();
      expect(seen.slice(before)).toEqual([]);
      expect(seen.every((line) => line.startsWith('cyclone.live.confirm.runner-1.logs'))).toBe(true);
    });

    it('tells what a stream holds', async () => {
      const before = await under.inspector.inspect('reports');
      const { streamSequence } = await publish('a', 'inspected');
      const after = await under.inspector.inspect('reports');
      expect(after).toEqual({ createdAt: before.createdAt, firstSequence: 1, lastSequence: streamSequence });
    });
  });
};
