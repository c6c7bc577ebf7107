import { describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import type { IncomingMessage } from '../consumer.js';
import { done, rejectMessage, retryAfter } from '../outcome.js';
import type { Outcome } from '../outcome.js';
import { bytes, gate, pause, range, text } from './contract-world.js';
import type { ContractWorld } from './contract-world.js';

/** What `subscribe` promises. */
export const consumerContract = (world: ContractWorld): void => {
  describe('one by one', () => {
    it('keeps the order of messages that were published without waiting', async () => {
      const seen: string[] = [];
      await world.subscribe(async (message) => {
        seen.push(text(message.data));
        return done;
      });
      await Promise.all(range(300).map((value) => world.publish('a', String(value))));
      await eventually(() => expect(seen).toHaveLength(300));
      expect(seen).toEqual(range(300).map(String));
    });

    it('hands over subject, id, headers, bytes, and the number of the try', async () => {
      const seen: IncomingMessage[] = [];
      await world.subscribe(async (message) => {
        seen.push(message);
        return done;
      });
      const data = Uint8Array.of(0, 255, 10, 13);
      await world.under.publisher.publish({
        subject: world.subject('a'),
        id: `headers-${world.topic}`,
        headers: { 'Cyclone-Kind': 'chunk' },
        data,
      });
      await eventually(() => expect(seen).toHaveLength(1));
      expect(seen[0]).toMatchObject({ subject: world.subject('a'), id: `headers-${world.topic}`, deliveryCount: 1 });
      expect(seen[0]?.headers['Cyclone-Kind']).toBe('chunk');
      expect([...(seen[0]?.data ?? [])]).toEqual([...data]);
    });

    it('handles one key in order and one at a time, other keys beside it, within the limit', async () => {
      const running = new Set<string>();
      const orders = new Map<string, string[]>();
      let most = 0;
      await world.subscribe(
        async (message) => {
          const key = message.subject;
          expect(running.has(key)).toBe(false);
          running.add(key);
          most = Math.max(most, running.size);
          await pause(1);
          orders.set(key, [...(orders.get(key) ?? []), text(message.data)]);
          running.delete(key);
          return done;
        },
        {},
        3,
      );
      await Promise.all(range(60).map((value) => world.publish(`key-${value % 6}`, String(value))));
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
      await world.subscribe(async (message) => {
        tries.push({ count: message.deliveryCount, at: performance.now() });
        if (message.deliveryCount === 1) throw new Error('the outside failed');
        return message.deliveryCount === 2 ? retryAfter(200, 'not yet') : done;
      });
      await world.publish('a', 'again');
      await eventually(() => expect(tries.map((entry) => entry.count)).toEqual([1, 2, 3]));
      expect((tries[2]?.at ?? 0) - (tries[1]?.at ?? 0)).toBeGreaterThanOrEqual(190);
    });

    it('puts a message that always fails among the dead, raw and with its reason, and forgets it', async () => {
      let tries = 0;
      await world.subscribe(
        async () => {
          tries += 1;
          throw new Error('broken\nfor ever');
        },
        { maxDeliver: 3 },
      );
      const letters = await world.deadLetters();
      await world.under.publisher.publish({
        subject: world.subject('a'),
        id: `poison-${world.topic}`,
        headers: { 'Cyclone-Kind': 'chunk' },
        data: Uint8Array.of(1, 0, 2),
      });
      await eventually(() => expect(letters).toHaveLength(1));
      expect(tries).toBe(3);
      expect([...(letters[0]?.data ?? [])]).toEqual([1, 0, 2]);
      expect(letters[0]?.headers).toMatchObject({
        'Cyclone-Kind': 'chunk',
        'Cyclone-Dead-Reason': 'Error: broken for ever',
        'Cyclone-Dead-Subject': world.subject('a'),
        'Cyclone-Dead-Message-Id': `poison-${world.topic}`,
        'Cyclone-Dead-Deliveries': '3',
      });
    });

    it('puts a rejected message among the dead at once, and goes on with the next of its key', async () => {
      const seen: string[] = [];
      await world.subscribe(async (message) => {
        seen.push(text(message.data));
        return text(message.data) === 'bad' ? rejectMessage('not JSON') : done;
      });
      const letters = await world.deadLetters();
      await world.publish('a', 'bad');
      await world.publish('a', 'good');
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
      const both = [await world.subscribe(handle), await world.subscribe(handle)];
      await Promise.all(range(20).map((value) => world.publish(`key-${value}`, String(value))));
      await eventually(() => expect(seen).toHaveLength(20));
      await Promise.all(both.map((subscription) => subscription.drain(1_000)));
      await world.publish('a', 'later');
      await world.subscribe(handle);
      await eventually(() => expect(seen).toHaveLength(21));
      expect(new Set(seen).size).toBe(21);
    });

    it('delivers nothing twice while it waits its turn, nor while its handler says that it works', async () => {
      const counts: number[] = [];
      await world.subscribe(
        async (message) => {
          counts.push(message.deliveryCount);
          for (const _ of range(3)) {
            await pause(100);
            message.extend();
          }
          return done;
        },
        { ackWaitMs: 200 },
        1,
      );
      await Promise.all(range(4).map((value) => world.publish('a', String(value))));
      await eventually(() => expect(counts).toHaveLength(4));
      expect(counts).toEqual([1, 1, 1, 1]);
    });

    it('takes no more of a work queue than it can begin', async () => {
      const pool = `pool-${world.topic}`;
      const held = gate();
      const busy: string[] = [];
      const idle: string[] = [];
      const join = (into: string[], concurrency: number, wait: Promise<void>) =>
        world.takeOffers(pool, concurrency, async (message) => {
          into.push(message.subject);
          await wait;
          return done;
        });
      await join(busy, 2, held.opened);
      const offer = (job: number) =>
        world.under.publisher.publish({
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
      const draining = await world.subscribe(
        async (message) => {
          started.open();
          await held.opened;
          first.push(text(message.data));
          return done;
        },
        {},
        1,
      );
      await Promise.all(range(3).map((value) => world.publish('a', String(value))));
      await started.opened;
      const drained = draining.drain(5_000);
      await world.subscribe(async (message) => {
        second.push(text(message.data));
        return done;
      });
      await eventually(() => expect([...second].sort()).toEqual(['1', '2']));
      expect(first).toEqual([]);
      held.open();
      await drained;
      expect(first).toEqual(['0']);
    });
  });
};
