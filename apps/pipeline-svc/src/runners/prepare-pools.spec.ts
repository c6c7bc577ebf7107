import { describe, expect, it } from '@jest/globals';
import { preparedMs, preparePools } from './prepare-pools.js';

const aBroker = () => {
  const broker = {
    calls: [] as string[],
    isDown: false,
    streams: () => {
      broker.calls.push('streams');
      return broker.isDown ? Promise.reject(new Error('down')) : Promise.resolve();
    },
    consumer: ({ durable }: { readonly durable: string }) => Promise.resolve(void broker.calls.push(durable)),
  };
  return broker;
};

describe('the queue of a pool', () => {
  it('is made once however many runners announce themselves', async () => {
    const broker = aBroker();
    const prepare = preparePools(broker, () => 1_000);
    await Promise.all([prepare('default'), prepare('default'), prepare('arm')]);
    expect(broker.calls.toSorted()).toEqual(['runner-arm-jobs', 'runner-default-jobs', 'streams', 'streams']);
  });

  it('is looked for again after a while, since a broker may lose what it had', async () => {
    const broker = aBroker();
    let now = 1_000;
    const prepare = preparePools(broker, () => now);
    await prepare('default');
    now += preparedMs;
    await prepare('default');
    expect(broker.calls.filter((call) => call === 'runner-default-jobs')).toHaveLength(2);
  });

  it('is tried again at once after a failure', async () => {
    const broker = aBroker();
    const prepare = preparePools(broker, () => 1_000);
    broker.isDown = true;
    await expect(prepare('default')).rejects.toThrow('down');
    broker.isDown = false;
    await prepare('default');
    expect(broker.calls).toEqual(['streams', 'streams', 'runner-default-jobs']);
  });
});
