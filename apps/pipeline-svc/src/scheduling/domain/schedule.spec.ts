import { describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId } from '@cyclone/contracts';
import fc from 'fast-check';
import { explainWaiting, schedule, type AvailableRunner, type QueuedJob } from './schedule.js';

const job = (project: string, build: string, queuedAt: number, over: Partial<QueuedJob> = {}): QueuedJob => ({
  projectId: ProjectId.parse(project),
  buildId: BuildId.parse(build),
  jobId: JobId.parse('main'),
  attempt: 1,
  labels: {},
  queuedAt,
  ...over,
});
const runner = (
  name: string,
  freeSlots: number,
  labels: Record<string, string> = {},
  pool = 'default',
): AvailableRunner => ({
  runnerId: RunnerId.parse(name),
  pool,
  labels,
  freeSlots,
});
const offered = (jobs: QueuedJob[], runners: AvailableRunner[]) =>
  schedule(jobs, runners).offers.map((offer) => offer.job.buildId);

describe('offering jobs', () => {
  it('takes projects in turn, and the oldest first within one', () => {
    const flood = [1, 2, 3, 4].map((time) => job('flood', `f${time}`, time));
    expect(offered([...flood, job('calm', 'c1', 9)], [runner('r', 3)])).toEqual(['f1', 'c1', 'f2']);
  });
  it('counts what is offered already, for the slot and for the turn', () => {
    const jobs = [job('flood', 'f1', 1, { offeredAt: 5 }), job('flood', 'f2', 2), job('calm', 'c1', 3)];
    expect(offered(jobs, [runner('r', 2)])).toEqual(['c1']);
  });
  it('lets a job that fits nowhere stand in nobody’s way', () => {
    const jobs = [job('a', 'gpu', 1, { labels: { gpu: 'yes' } }), job('a', 'plain', 2)];
    const { offers, waiting } = schedule(jobs, [runner('r', 1)]);
    expect(offers.map((offer) => offer.job.buildId)).toEqual(['plain']);
    expect(waiting).toEqual([{ job: jobs[0], reason: 'no runner of pool default carries gpu=yes' }]);
  });
  it('keeps special runners for those that need them', () => {
    const jobs = [job('a', 'plain', 1), job('a', 'gpu', 2, { labels: { gpu: 'yes' } })];
    expect(offered(jobs, [runner('special', 1, { gpu: 'yes' }), runner('plain', 1)])).toEqual(['plain', 'gpu']);
  });
  it('keeps pools apart', () => {
    const jobs = [job('a', 'one', 1, { labels: { pool: 'big' } })];
    expect(offered(jobs, [runner('r', 1)])).toEqual([]);
    expect(schedule(jobs, [runner('r', 1, {}, 'big')]).offers).toEqual([{ job: jobs[0], pool: 'big' }]);
  });
  it('says why a job waits', () => {
    expect(explainWaiting({}, [])).toBe('no runner of pool default is online');
    expect(explainWaiting({}, [runner('r', 0)])).toBe('all slots of the 1 fitting runner(s) of pool default are taken');
  });
  it('never offers more than there are free slots, and never idles one that a job could take', () => {
    const jobs = fc.array(fc.record({ project: fc.constantFrom('a', 'b', 'c'), at: fc.nat(9), out: fc.boolean() }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(jobs, fc.array(fc.nat(3), { maxLength: 4 }), (drawn, slots) => {
        const queued = drawn.map(({ project, at, out }, index) =>
          job(project, `b${index}`, at, out ? { offeredAt: 1 } : {}),
        );
        const { offers, waiting } = schedule(
          queued,
          slots.map((free, index) => runner(`r${index}`, free)),
        );
        const out = queued.filter((one) => one.offeredAt !== undefined).length;
        const free = Math.max(0, slots.reduce((sum, one) => sum + one, 0) - out);
        expect(offers.length).toBe(Math.min(free, queued.length - out));
        expect(offers.length + waiting.length + out).toBe(queued.length);
      }),
    );
  });
});
