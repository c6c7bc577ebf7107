import { describe, expect, it } from '@jest/globals';
import { BrokerUnavailableError } from '../errors.js';
import { contractRetryMs } from '../contract/contract-world.js';
import { messagingContract } from '../contract/messaging.contract.js';
import { MemoryBroker } from './memory-broker.js';

messagingContract('the memory broker', async () => {
  const broker = new MemoryBroker({ retryDelay: () => contractRetryMs });
  const { publisher, consumer, signals, inspector } = broker;
  return { publisher, consumer, signals, inspector, dispose: async () => undefined };
});

describe('the memory broker for specs', () => {
  const message = { subject: 'cyclone.report.job.p.b.j.step-started', id: '1', data: new Uint8Array(1) };

  it('can be away', async () => {
    const broker = new MemoryBroker();
    broker.setAvailable(false);
    await expect(broker.publisher.publish(message)).rejects.toBeInstanceOf(BrokerUnavailableError);
    broker.setAvailable(true);
    expect(await broker.publisher.publish(message)).toEqual({ duplicate: false, streamSequence: 1 });
  });

  it("can lose everything, which shows in the stream's state", async () => {
    const broker = new MemoryBroker();
    await broker.publisher.publish(message);
    const before = await broker.inspector.inspect('reports');
    broker.wipe();
    const after = await broker.inspector.inspect('reports');
    expect(after).toMatchObject({ firstSequence: 0, lastSequence: 0 });
    expect(after.createdAt).not.toBe(before.createdAt);
    expect(await broker.publisher.publish(message)).toMatchObject({ duplicate: false });
  });
});
