import { beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, BuildView, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { silentLogger } from '@cyclone/observability';
import { MemoryLogStore } from '../store/memory.log-store.js';
import { type SweepParts, removeOldLogs, sweepSilentLogs } from './sweep-logs.js';

const limits = { silentMs: 10, missingChunksMs: 1_000, unsealedMs: 100, retentionMs: 5_000, batchMax: 100 };
const summary = { bytes: 4, lines: 0, crc32: 1, truncated: false };
const anAttempt = (stepId = 's1') => ({
  projectId: ProjectId.parse('shop'),
  buildId: BuildId.parse('b1'),
  jobId: JobId.parse('j1'),
  stepId: StepId.parse(stepId),
  runnerId: RunnerId.parse('r1'),
  fence: 3,
});
const aChunk = (seq: number, offset = seq * 4) => ({ seq, offset, at: 1, data: Buffer.from('abcd') });
const aBuild = (finishedAt?: number): BuildView =>
  BuildView.parse({
    id: 'b1',
    projectId: 'shop',
    number: 1,
    status: finishedAt === undefined ? 'running' : 'finished',
    trigger: { kind: 'manual', ref: 'main' },
    trust: 'trusted',
    message: '',
    authorName: '',
    requestedAt: 1,
    finishedAt,
    streamVersion: 1,
    position: 1,
    repositoryUrl: 'x',
    problems: [],
    warnings: [],
    jobs: [],
    images: [],
  });

describe('the sweep over silent logs', () => {
  let store: MemoryLogStore;
  let ended: string[];
  let wellSince: number;
  let build: () => BuildView | undefined;
  const parts = (): SweepParts => ({
    store,
    sealer: {
      enqueue: (attempt) => void ended.push(`seal ${attempt.stepId}`),
      endDamaged: async (attempt, why) => void ended.push(`damage ${attempt.stepId}: ${why}`),
    },
    findBuild: async () => build(),
    wellSince: () => wellSince,
    limits,
    logger: silentLogger,
  });
  beforeEach(() => {
    store = new MemoryLogStore();
    ended = [];
    wellSince = 0;
    build = () => aBuild();
  });

  it('seals what is complete and was left behind, not what is still being written', async () => {
    await store.put([{ attempt: anAttempt(), chunks: [aChunk(0)], seal: { seq: 1, summary } }], 100);
    await sweepSilentLogs(parts(), 105);
    expect(ended).toEqual([]);
    await sweepSilentLogs(parts(), 111);
    expect(ended).toEqual(['seal s1']);
  });

  it('waits for missing chunks, then gives them up', async () => {
    await store.put([{ attempt: anAttempt(), chunks: [aChunk(0), aChunk(2)], seal: { seq: 3, summary } }], 100);
    await sweepSilentLogs(parts(), 1_000);
    expect(ended).toEqual([]);
    await sweepSilentLogs(parts(), 1_101);
    expect(ended).toEqual(['damage s1: chunk 1 of 3 never came']);
  });

  it('gives up a log whose chunks do not join', async () => {
    await store.put([{ attempt: anAttempt(), chunks: [aChunk(0), aChunk(1, 3)], seal: { seq: 2, summary } }], 100);
    await sweepSilentLogs(parts(), 200);
    expect(ended).toEqual(['damage s1: chunk 1 does not begin where the one before it ends']);
  });

  it('ends an unsealed log only after its build has ended', async () => {
    await store.put([{ attempt: anAttempt(), chunks: [aChunk(0)] }], 100);
    await sweepSilentLogs(parts(), 100_000);
    build = () => aBuild(99_950);
    await sweepSilentLogs(parts(), 100_000);
    expect(ended).toEqual([]);
    await sweepSilentLogs(parts(), 100_051);
    expect(ended).toEqual(['damage s1: the build is over and its runner never sealed the log']);
  });

  it('counts silence only from when everything has been well: what was sent meanwhile is still on its way', async () => {
    await store.put([{ attempt: anAttempt('s1'), chunks: [aChunk(0)] }], 100);
    await store.put([{ attempt: anAttempt('s2'), chunks: [aChunk(0)], seal: { seq: 2, summary } }], 101);
    build = () => aBuild(200);
    wellSince = 50_000;
    await sweepSilentLogs(parts(), 50_100);
    expect(ended).toEqual([]);
    await sweepSilentLogs(parts(), 50_101);
    expect(ended).toEqual(['damage s1: the build is over and its runner never sealed the log']);
    await sweepSilentLogs(parts(), 51_001);
    expect(ended.at(-1)).toBe('damage s2: chunk 1 of 2 never came');
  });

  it('goes on when one build cannot be asked for', async () => {
    await store.put([{ attempt: anAttempt('s1'), chunks: [] }], 100);
    await store.put([{ attempt: anAttempt('s2'), chunks: [], seal: { seq: 0, summary } }], 101);
    build = () => {
      throw new Error('nobody answers');
    };
    await sweepSilentLogs(parts(), 1_000);
    expect(ended).toEqual(['seal s2']);
  });

  it('removes logs past their age and no others', async () => {
    await store.put([{ attempt: anAttempt('s1'), chunks: [aChunk(0)] }], 100);
    await store.put([{ attempt: anAttempt('s2'), chunks: [aChunk(0)] }], 200);
    await removeOldLogs(parts(), 5_150);
    expect((await store.attemptsOf(anAttempt().buildId)).map(({ stepId, state }) => `${stepId} ${state}`)).toEqual([
      's1 expired',
      's2 open',
    ]);
  });
});
