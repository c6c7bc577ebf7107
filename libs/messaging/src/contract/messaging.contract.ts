import { describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';
import { MessageTooLargeError, PublishRefusedError } from '../errors.js';
import { batchConsumerContract } from './batch-consumer.contract.js';
import { consumerContract } from './consumer.contract.js';
import { bytes, ContractWorld, gate, text } from './contract-world.js';
import type { MessagingUnderTest } from './contract-world.js';

/** What every adapter of the ports promises. */
export const messagingContract = (name: string, start: () => Promise<MessagingUnderTest>): void => {
  describe(`${name} keeps the messaging contract`, () => {
    const world = new ContractWorld(start);

    it('stores a message once, however often it is published', async () => {
      const first = await world.publish('a', 'once');
      expect(await world.publish('a', 'once')).toEqual({ duplicate: true, streamSequence: first.streamSequence });
      expect((await world.publish('a', 'twice')).streamSequence).toBeGreaterThan(first.streamSequence);
    });

    it('refuses what no stream takes, what is too much, and what is too large', async () => {
      await expect(
        world.under.publisher.publish({ subject: 'cyclone.unheard-of', id: 'x', data: bytes('x') }),
      ).rejects.toBeInstanceOf(PublishRefusedError);
      const offer = { subject: `cyclone.command.runner.pool-${world.topic}.run-job.build.job.1`, data: bytes('offer') };
      await world.under.publisher.publish({ ...offer, id: `offer-${world.topic}-1` });
      await expect(world.under.publisher.publish({ ...offer, id: `offer-${world.topic}-2` })).rejects.toBeInstanceOf(
        PublishRefusedError,
      );
      const large = world.under.publisher.publish({
        subject: world.subject('a'),
        id: `large-${world.topic}`,
        data: new Uint8Array(300 * 1024),
      });
      await expect(large).rejects.toBeInstanceOf(MessageTooLargeError);
    });

    it('carries signals to whoever listens, while it listens', async () => {
      const seen: string[] = [];
      const stop = world.under.signals.listen('cyclone.live.confirm.*.logs', (signal) =>
        seen.push(`${signal.subject} ${signal.headers['Of'] ?? ''} ${text(signal.data)}`),
      );
      await eventually(() => {
        world.under.signals.send('cyclone.live.confirm.runner-1.logs', { headers: { Of: 'chunk' }, data: bytes('3') });
        expect(seen).toContain('cyclone.live.confirm.runner-1.logs chunk 3');
      });
      world.under.signals.send('cyclone.live.confirm.runner-1.reports', {});
      stop();
      const before = seen.length;
      const heard = gate();
      const stopLast = world.under.signals.listen('cyclone.live.last', () => heard.open());
      world.under.signals.send('cyclone.live.confirm.runner-1.logs', {});
      world.under.signals.send('cyclone.live.last', {});
      await heard.opened;
      stopLast();
      expect(seen.slice(before)).toEqual([]);
      expect(seen.every((line) => line.startsWith('cyclone.live.confirm.runner-1.logs'))).toBe(true);
    });

    it('tells what a stream holds', async () => {
      const before = await world.under.inspector.inspect('reports');
      const { streamSequence } = await world.publish('a', 'inspected');
      const after = await world.under.inspector.inspect('reports');
      expect(after).toEqual({ createdAt: before.createdAt, firstSequence: 1, lastSequence: streamSequence });
    });

    consumerContract(world);
    batchConsumerContract(world);
  });
};
