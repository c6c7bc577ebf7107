import { describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import { done, rejectMessage, retryAfter } from '../outcome.js';
import { pause, range, text } from './contract-world.js';
import type { ContractWorld } from './contract-world.js';

/** What `subscribeBatches` promises. */
export const batchConsumerContract = (world: ContractWorld): void => {
  describe('in batches', () => {
    it('hands over what has come, in order, never more than the limit and never two batches at once', async () => {
      const batches: string[][] = [];
      let running = 0;
      await world.subscribeBatches(async (messages) => {
        running += 1;
        expect(running).toBe(1);
        await pause(5);
        batches.push(messages.map((message) => text(message.data)));
        running -= 1;
        return messages.map(() => done);
      });
      await Promise.all(range(50).map((value) => world.publish('a', String(value))));
      await eventually(() => expect(batches.flat()).toHaveLength(50));
      expect(batches.flat()).toEqual(range(50).map(String));
      expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(8);
      expect(batches.length).toBeLessThan(50);
    });

    it('takes an outcome for each message', async () => {
      const letters = await world.deadLetters();
      const counts = new Map<string, number>();
      await world.subscribeBatches(async (messages) =>
        messages.map((message) => {
          const value = text(message.data);
          counts.set(value, message.deliveryCount);
          if (value === 'bad') return rejectMessage('no');
          return value === 'again' && message.deliveryCount === 1 ? retryAfter(10, 'once more') : done;
        }),
      );
      await Promise.all(['good', 'bad', 'again'].map((value) => world.publish('a', value)));
      await eventually(() => expect(Object.fromEntries(counts)).toEqual({ good: 1, bad: 1, again: 2 }));
      await eventually(() => expect(letters).toHaveLength(1));
    });

    it('buries only the message that breaks its batch', async () => {
      const letters = await world.deadLetters();
      const good = new Set<string>();
      await world.subscribeBatches(
        async (messages) => {
          if (messages.some((message) => text(message.data) === 'poison')) throw new Error('cannot');
          for (const message of messages) good.add(text(message.data));
          return messages.map(() => done);
        },
        { maxDeliver: 2 },
      );
      await Promise.all(['a', 'b', 'poison', 'c'].map((value) => world.publish('a', value)));
      await eventually(() => expect([...good].sort()).toEqual(['a', 'b', 'c']));
      await eventually(() => expect(letters.map((letter) => text(letter.data))).toEqual(['poison']));
    });
  });
};
