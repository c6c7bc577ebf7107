import { beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { MemoryLogStore } from '../store/memory.log-store.js';
import { indexLogs, rangeBytesMax, readLog } from './read-log.js';

const buildId = BuildId.parse('b1');
const stepId = StepId.parse('s1');
const anAttempt = (fence = 3) => ({
  projectId: ProjectId.parse('shop'),
  buildId,
  jobId: JobId.parse('j1'),
  stepId,
  runnerId: RunnerId.parse('r1'),
  fence,
});
const summary = { bytes: 5, lines: 0, crc32: 1, truncated: true };

describe('reading a log', () => {
  let store: MemoryLogStore;
  const write = (text: string, fence?: number) =>
    store.put(
      [
        {
          attempt: anAttempt(fence),
          chunks: [{ seq: 0, offset: 0, at: 7, data: Buffer.from(text) }],
          seal: { seq: 1, summary },
        },
      ],
      9,
    );
  const read = async (offset: number, limit: number, fence?: number) => {
    const { data, ...rest } = await readLog({ buildId, stepId, offset, limit, fence }, store);
    return { ...rest, text: Buffer.from(data, 'base64').toString() };
  };
  beforeEach(() => {
    store = new MemoryLogStore();
  });

  it('gives nothing, and no end, of a step that has not written', async () => {
    expect(await read(0, 10)).toEqual({ offset: 0, text: '', bytes: 0, end: false, damaged: false, truncated: false });
    expect(await indexLogs(buildId, store)).toEqual({ steps: [] });
  });

  it('says that a log has ended only with its last byte, and only once it is closed', async () => {
    await write('hello');
    expect(await read(0, 10)).toMatchObject({ text: 'hello', bytes: 5, end: false });
    await store.close(anAttempt(), 'sealed');
    expect(await read(0, 3)).toMatchObject({ text: 'hel', end: false });
    expect(await read(3, 3)).toMatchObject({ text: 'lo', end: true, truncated: true, damaged: false });
    expect(await read(5, 3)).toMatchObject({ text: '', end: true });
  });

  it('shows the newest attempt, and older ones by their fence', async () => {
    await write('old', 3);
    await write('new', 8);
    await store.close(anAttempt(8), 'damaged');
    expect(await read(0, 10)).toMatchObject({ text: 'new', fence: 8, damaged: true });
    expect(await read(0, 10, 3)).toMatchObject({ text: 'old', fence: 3 });
    expect((await indexLogs(buildId, store)).steps).toMatchObject([
      { stepId, fence: 8, bytes: 3, sealed: true, damaged: true, truncated: true, firstAt: 7 },
    ]);
  });

  it('never answers more than one message can carry', async () => {
    const chunks = Array.from({ length: 16 }, (_, seq) => ({
      seq,
      offset: seq * 65_536,
      at: 1,
      data: Buffer.alloc(65_536, 65),
    }));
    await store.put([{ attempt: anAttempt(), chunks }], 9);
    expect(await read(0, 1024 * 1024)).toMatchObject({ bytes: rangeBytesMax, end: false });
  });

  it('ends where retention has removed the bytes', async () => {
    await write('hello');
    await store.forget(anAttempt());
    expect(await read(0, 10)).toMatchObject({ text: '', end: true });
  });
});
