import { describe, expect, it } from '@jest/globals';
import { leaseMs } from '@cyclone/contracts';
import { buildId, jobId, projectId, runnerId } from '../../testing/build-samples.js';
import { findForgottenJobs, findLostJobs, forgottenAfterMs } from './find-lost-jobs.js';

const held = { projectId, buildId, jobId: jobId('main'), fence: 4, runnerId, claimedAt: 1_000 };
const now = 1_000_000;
const lostWith = (sign: { seenAt?: number; wellSince?: number; claimedAt?: number }) =>
  findLostJobs(
    [{ ...held, claimedAt: sign.claimedAt ?? held.claimedAt }],
    new Map(sign.seenAt === undefined ? [] : [[runnerId, sign.seenAt]]),
    sign.wellSince ?? 0,
    now,
  ).length;

describe('lost runners', () => {
  it('are those that were not heard of for more than a lease', () => {
    expect(lostWith({ seenAt: now - leaseMs - 1 })).toBe(1);
    expect(lostWith({ seenAt: now - leaseMs })).toBe(0);
  });
  it('are also those that never announced themselves', () => {
    expect(lostWith({})).toBe(1);
    expect(lostWith({ claimedAt: now - leaseMs })).toBe(0);
  });
  it('get a full lease after an outage of our own', () => {
    expect(lostWith({ seenAt: 1, wellSince: now - leaseMs })).toBe(0);
    expect(lostWith({ seenAt: 1, wellSince: now - leaseMs - 1 })).toBe(1);
  });
});

describe('forgotten jobs', () => {
  it('are those that a runner does not hold well after it claimed them', () => {
    const old = { ...held, claimedAt: now - forgottenAfterMs - 1 };
    expect(findForgottenJobs([old], [], now)).toHaveLength(1);
    expect(findForgottenJobs([old], [old], now)).toHaveLength(0);
    expect(findForgottenJobs([old], [{ ...old, fence: 3 }], now)).toHaveLength(1);
    expect(findForgottenJobs([{ ...old, claimedAt: now - forgottenAfterMs }], [], now)).toHaveLength(0);
  });
});
