import { beforeEach, expect, it } from '@jest/globals';
import { BuildId } from '@cyclone/contracts';
import type { WakeUps } from './wake-ups.js';

const a = BuildId.parse('a');
const b = BuildId.parse('b');

export const wakeUpsContract = (makeWakeUps: () => Promise<WakeUps>): void => {
  let wakeUps: WakeUps;
  beforeEach(async () => {
    wakeUps = await makeWakeUps();
  });
  const dueAt = async (now: number) => (await wakeUps.due(now, 10)).map(({ buildId, at }) => `${buildId}@${at}`);
  const theOne = async (now: number) => {
    const [first] = await wakeUps.due(now, 1);
    if (first === undefined) throw new Error('nothing is due');
    return first;
  };

  it('are due when their time has come, the longest due first', async () => {
    await wakeUps.set(b, 20);
    await wakeUps.set(a, 10);
    expect(await dueAt(9)).toEqual([]);
    expect(await dueAt(10)).toEqual(['a@10']);
    expect(await dueAt(30)).toEqual(['a@10', 'b@20']);
    expect(await wakeUps.due(30, 1)).toHaveLength(1);
  });

  it('keep the earlier time', async () => {
    await wakeUps.set(a, 20);
    await wakeUps.set(a, 10);
    await wakeUps.set(a, 30);
    expect(await dueAt(50)).toEqual(['a@10']);
  });

  it('tell the next time after now', async () => {
    expect(await wakeUps.nextAfter(0)).toBeUndefined();
    await wakeUps.set(a, 10);
    await wakeUps.set(b, 20);
    expect(await wakeUps.nextAfter(10)).toBe(20);
  });

  it('move to another time, or go', async () => {
    await wakeUps.set(a, 10);
    await wakeUps.move(await theOne(10), 40);
    expect(await dueAt(39)).toEqual([]);
    await wakeUps.move(await theOne(40), undefined);
    expect(await dueAt(99)).toEqual([]);
  });

  it('stay when they were set anew since they were read', async () => {
    await wakeUps.set(a, 10);
    const read = await theOne(10);
    await wakeUps.set(a, 50);
    await wakeUps.move(read, undefined);
    expect(await dueAt(10)).toEqual(['a@10']);
  });
};
