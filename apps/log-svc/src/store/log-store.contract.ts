import { beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import type { AttemptIdentity, LogAttempt, LogDelta, LogStore, NewChunk } from './log-store.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const anAttempt = (
  changes: { stepId?: string; fence?: number; jobId?: string; buildId?: string } = {},
): AttemptIdentity => ({
  projectId: ProjectId.parse('shop'),
  buildId: BuildId.parse(changes.buildId ?? 'b1'),
  jobId: JobId.parse(changes.jobId ?? 'j1'),
  stepId: StepId.parse(changes.stepId ?? 's1'),
  runnerId: RunnerId.parse('r1'),
  fence: changes.fence ?? 3,
});

/** Cuts a text into chunks of a few bytes. */
const chunksOf = (text: string, size = 4): NewChunk[] => {
  const bytes = bytesOf(text);
  const chunks: NewChunk[] = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    chunks.push({ seq: chunks.length, offset, at: 1_000 + chunks.length, data: bytes.subarray(offset, offset + size) });
  }
  return chunks;
};

/** The behaviour that the port promises, run against every adapter of it. */
export const logStoreContract = (makeStore: () => Promise<LogStore>): void => {
  let store: LogStore;
  beforeEach(async () => {
    store = await makeStore();
  });

  const put = async (delta: LogDelta, now = 10_000): Promise<{ attempt: LogAttempt; fresh: readonly NewChunk[] }> => {
    const [result] = await store.put([delta], now);
    if (result?.kind !== 'stored') throw new Error(`not stored: ${JSON.stringify(result)}`);
    return result;
  };
  const wholeText = async (attempt: LogAttempt): Promise<string> =>
    textOf(await store.readRange(attempt, 0, 1_000_000));

  describe('putting', () => {
    it('stores chunks and answers what was new and how far the prefix reaches', async () => {
      const { attempt, fresh } = await put({ attempt: anAttempt(), chunks: chunksOf('hello world') });
      expect(fresh.map((chunk) => chunk.seq)).toEqual([0, 1, 2]);
      expect(attempt).toMatchObject({
        state: 'open',
        prefix: { nextSeq: 3, bytes: 11, broken: false },
        firstAt: 1_000,
        lastAt: 1_002,
        touchedAt: 10_000,
      });
      expect(await wholeText(attempt)).toBe('hello world');
    });

    it('leaves a chunk that is there as it is', async () => {
      await put({ attempt: anAttempt(), chunks: chunksOf('hello world') });
      const again = await put({ attempt: anAttempt(), chunks: chunksOf('HELLO WORLD') });
      expect(again.fresh).toEqual([]);
      expect(await wholeText(again.attempt)).toBe('hello world');
    });

    it('takes a repeated chunk inside one delta once', async () => {
      const [first] = chunksOf('abcd');
      if (first === undefined) throw new Error('no chunk');
      const { attempt, fresh } = await put({ attempt: anAttempt(), chunks: [first, first] });
      expect(fresh).toHaveLength(1);
      expect(attempt.prefix).toMatchObject({ nextSeq: 1, bytes: 4 });
    });

    it('shows only what has no hole before it, in whatever order chunks come', async () => {
      const chunks = chunksOf('0123456789abcdef');
      const early = await put({
        attempt: anAttempt(),
        chunks: [chunks[3], chunks[0]].filter((chunk) => chunk !== undefined),
      });
      expect(await wholeText(early.attempt)).toBe('0123');
      expect(textOf(await store.readRange(early.attempt, 12, 4))).toBe('');
      const late = await put({
        attempt: anAttempt(),
        chunks: [chunks[2], chunks[1]].filter((chunk) => chunk !== undefined),
      });
      expect(late.attempt.prefix).toEqual({ nextSeq: 4, bytes: 16, broken: false });
      expect(await wholeText(late.attempt)).toBe('0123456789abcdef');
    });

    it('never shows a chunk that begins at the wrong place', async () => {
      const chunk = (seq: number, offset: number, text: string) => ({ seq, offset, at: 1, data: bytesOf(text) });
      const { attempt } = await put({
        attempt: anAttempt(),
        chunks: [chunk(0, 0, 'good'), chunk(1, 2, 'evil'), chunk(2, 8, 'more')],
      });
      expect(attempt.prefix).toEqual({ nextSeq: 1, bytes: 4, broken: true });
      expect(await wholeText(attempt)).toBe('good');
    });

    it('keeps the first seal, with or without chunks', async () => {
      const summary = { bytes: 4, lines: 1, crc32: 7, truncated: true };
      const sealed = await put({ attempt: anAttempt(), chunks: [], seal: { seq: 1, summary } });
      expect(sealed.attempt).toMatchObject({ seal: { seq: 1, summary }, prefix: { nextSeq: 0 } });
      const again = await put({ attempt: anAttempt(), chunks: chunksOf('abcd'), seal: { seq: 9, summary } });
      expect(again.attempt).toMatchObject({ seal: { seq: 1, summary }, prefix: { nextSeq: 1 } });
    });

    it('drops what comes for an attempt that is closed', async () => {
      await put({ attempt: anAttempt(), chunks: chunksOf('abcd') });
      await store.close(anAttempt(), 'sealed');
      const late = await put({ attempt: anAttempt(), chunks: [{ seq: 1, offset: 4, at: 1, data: bytesOf('late') }] });
      expect(late).toMatchObject({ fresh: [], attempt: { state: 'sealed', prefix: { nextSeq: 1 } } });
      expect(await wholeText(late.attempt)).toBe('abcd');
    });

    it('refuses another job of the build the log of a step', async () => {
      await put({ attempt: anAttempt(), chunks: chunksOf('abcd') });
      const [result] = await store.put(
        [{ attempt: anAttempt({ jobId: 'j2', fence: 9 }), chunks: chunksOf('evil') }],
        1,
      );
      expect(result).toEqual({ kind: 'foreign', ownerJobId: 'j1' });
      expect(await store.attemptsOf(anAttempt().buildId)).toHaveLength(1);
    });

    it('takes many attempts at once, and many callers at once', async () => {
      const chunks = chunksOf('the quick brown fox');
      const deltas = chunks.map((chunk) => ({ attempt: anAttempt(), chunks: [chunk] }));
      await Promise.all(
        [...deltas, ...deltas].map((delta) =>
          store.put([delta, { ...delta, attempt: anAttempt({ stepId: 's2' }) }], 1),
        ),
      );
      for (const stepId of ['s1', 's2']) {
        const attempt = (await put({ attempt: anAttempt({ stepId }), chunks: [] })).attempt;
        expect(await wholeText(attempt)).toBe('the quick brown fox');
      }
    });
  });

  describe('reading', () => {
    it('gives any range, in the middle of chunks too', async () => {
      const text = 'x'.repeat(30) + 'needle' + 'y'.repeat(30);
      const { attempt } = await put({ attempt: anAttempt(), chunks: chunksOf(text) });
      expect(textOf(await store.readRange(attempt, 30, 6))).toBe('needle');
      expect(textOf(await store.readRange(attempt, 35, 3))).toBe('eyy');
      expect(textOf(await store.readRange(attempt, 64, 100))).toBe('yy');
      expect(textOf(await store.readRange(attempt, 66, 100))).toBe('');
      expect(textOf(await store.readRange(attempt, 999, 100))).toBe('');
    });

    it('keeps every byte of large chunks, whether they can be made smaller or not', async () => {
      const noise = new Uint8Array(64 * 1024).map((_, index) => (index * 7919 + (index >> 3) * 104_729) & 0xff);
      const calm = new Uint8Array(64 * 1024).fill(65);
      const chunks = [noise, calm].map((data, seq) => ({ seq, offset: seq * 64 * 1024, at: 1, data }));
      const { attempt } = await put({ attempt: anAttempt(), chunks });
      const back = await store.readRange(attempt, 0, 128 * 1024);
      expect(Buffer.compare(back, Buffer.concat([noise, calm]))).toBe(0);
    });

    it('walks over the chunks in order', async () => {
      const { attempt } = await put({ attempt: anAttempt(), chunks: [...chunksOf('0123456789')].reverse() });
      const seen: string[] = [];
      for await (const chunk of store.chunksOf(attempt))
        seen.push(`${chunk.seq}@${chunk.offset}=${textOf(chunk.data)}`);
      expect(seen).toEqual(['0@0=0123', '1@4=4567', '2@8=89']);
    });

    it('keeps the attempts of a step apart, and lists them by step and fence', async () => {
      await put({ attempt: anAttempt({ fence: 12 }), chunks: chunksOf('second') });
      await put({ attempt: anAttempt({ fence: 3 }), chunks: chunksOf('first') });
      await put({ attempt: anAttempt({ stepId: 's0', fence: 5 }), chunks: [] });
      await put({ attempt: anAttempt({ buildId: 'b2' }), chunks: chunksOf('other') });
      const attempts = await store.attemptsOf(anAttempt().buildId);
      expect(attempts.map(({ stepId, fence }) => `${stepId}/${fence}`)).toEqual(['s0/5', 's1/3', 's1/12']);
      expect(await Promise.all(attempts.map(wholeText))).toEqual(['', 'first', 'second']);
      expect(await store.newestAttempt(anAttempt().buildId, anAttempt().stepId)).toMatchObject({ fence: 12 });
    });

    it('knows nothing of an attempt that never wrote', async () => {
      expect(await store.attempt(anAttempt())).toBeUndefined();
      expect(await store.newestAttempt(anAttempt().buildId, anAttempt().stepId)).toBeUndefined();
      expect(await store.attemptsOf(anAttempt().buildId)).toEqual([]);
    });
  });

  describe('ending', () => {
    it('closes once', async () => {
      await put({ attempt: anAttempt(), chunks: chunksOf('abcd') });
      await store.close(anAttempt(), 'damaged');
      await store.close(anAttempt(), 'sealed');
      expect(await store.attempt(anAttempt())).toMatchObject({ state: 'damaged' });
    });

    it('finds open attempts that fell silent, the longest silent first', async () => {
      await put({ attempt: anAttempt({ stepId: 's2' }), chunks: [] }, 200);
      await put({ attempt: anAttempt({ stepId: 's1' }), chunks: [] }, 100);
      await put({ attempt: anAttempt({ stepId: 's3' }), chunks: [] }, 300);
      await put({ attempt: anAttempt({ stepId: 's4' }), chunks: [] }, 50);
      await store.close(anAttempt({ stepId: 's4' }), 'sealed');
      expect((await store.silentSince(300, 10)).map(({ stepId }) => stepId)).toEqual(['s1', 's2']);
      expect((await store.silentSince(300, 1)).map(({ stepId }) => stepId)).toEqual(['s1']);
    });

    it('forgets the bytes of an old attempt and remembers that it was there', async () => {
      await put({ attempt: anAttempt(), chunks: chunksOf('abcd') }, 100);
      await put({ attempt: anAttempt({ stepId: 's2' }), chunks: chunksOf('abcd') }, 900);
      const [old, ...more] = await store.olderThan(500, 10);
      expect(more).toEqual([]);
      if (old === undefined) throw new Error('nothing old');
      await store.forget(old);
      await store.forget(old);
      expect(await store.olderThan(500, 10)).toEqual([]);
      expect(await store.attempt(old)).toMatchObject({ state: 'expired' });
      expect(await wholeText(old)).toBe('');
      expect((await put({ attempt: anAttempt(), chunks: chunksOf('back') })).fresh).toEqual([]);
    });
  });
};
