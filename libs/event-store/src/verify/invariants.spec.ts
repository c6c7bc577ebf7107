import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { BuildId, StepId, type StreamRef } from '@cyclone/contracts';
import type { NewEvent } from '../event-store.js';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { MemoryViewStore } from '../memory/memory-view-store.js';
import { createStreamProjector } from '../projection/stream-projection.js';
import { aProject, anAppend, commandId } from '../testing/samples.js';
import { at, collect, each, filled, history, later, tampered, verify } from '../testing/verify-support.js';
import { counted, type Counted } from '../testing/view-store.contract.js';
import { checkViews, checkViewsHaveStreams, viewsToCheck } from './check-views.js';
import type { Finding } from './finding.js';

const sha = 'a'.repeat(40);
const digest = `sha256:${'0'.repeat(64)}`;

describe('verify: I1 and I2', () => {
  const delivery: StreamRef = { kind: 'delivery', id: 'd1' };
  const received: NewEvent = {
    type: 'DeliveryReceived',
    data: {
      projectId: 'shop',
      forge: 'generic',
      forgeDeliveryId: 'x',
      kind: 'push',
      headers: {},
      bodyDigest: digest,
      bodyBytes: 2,
    },
  };
  const judged = (verdict: object): NewEvent => ({ type: 'DeliveryJudged', data: { projectId: 'shop', verdict } });
  const filtered = judged({ kind: 'filtered', reason: 'ping' });
  const redelivered: NewEvent = { type: 'DeliveryRedelivered', data: { projectId: 'shop' } };
  const change = { kind: 'push', ref: 'refs/heads/main', after: sha, message: 'm', author: { name: 'A' } };
  const requested: NewEvent = {
    type: 'BuildRequested',
    data: {
      projectId: 'shop',
      number: 1,
      trigger: { kind: 'change', change, deliveryId: 'd1' },
      trust: 'trusted',
      repositoryUrl: 'https://git.example.com/shop.git',
      secretVersions: [],
      timeoutMs: 60_000,
    },
  };
  const finished: NewEvent = { type: 'BuildFinished', data: { outcome: 'succeeded' } };

  it.each([
    ['one verdict', [received, filtered], []],
    ['a second judgement after a redelivery', [received, filtered, redelivered, filtered], []],
    ['no verdict', [received], ['a delivery has no verdict']],
    ['no verdict after a redelivery', [received, filtered, redelivered], ['a delivery has no verdict']],
    ['two verdicts', [received, filtered, filtered], ['a delivery has a second verdict']],
    [
      'a build that is not there',
      [received, judged({ kind: 'built', buildId: 'gone' })],
      ['build gone does not exist'],
    ],
  ])('looks at a delivery with %s', async (_, events, messages) => {
    expect((await verify(await history(delivery, ...events))).map((finding) => finding.message)).toEqual(messages);
  });

  it('leaves a delivery alone that may still be under way', async () => {
    expect(await verify(await history(delivery, received), { now: at + 1000 })).toEqual([]);
  });

  it.each([
    ['one end', [requested, finished], []],
    ['two ends', [requested, finished, finished], ['a build has a second end']],
    ['no end', [requested], ['a build is past its time and has no end']],
    ['no beginning', [finished], ['a build begins with BuildFinished']],
  ])('looks at a build with %s', async (_, events, messages) => {
    expect(
      (await verify(await history({ kind: 'build', id: 'b1' }, ...events))).map((finding) => finding.message),
    ).toEqual(messages);
  });

  it('finds a change that made two builds', async () => {
    const store = await history({ kind: 'build', id: 'b1' }, requested, finished);
    await store.append(anAppend({ kind: 'build', id: 'b2' }, { events: [requested, finished] }));
    expect(await verify(store)).toMatchObject([{ check: 'I1', stream: 'build-b2', version: 1 }]);
  });
});

describe('verify: I4, I5 and I7', () => {
  it('compares views with the fold of their events', async () => {
    const { store, stream } = await filled();
    const views = new MemoryViewStore<Counted>();
    const options = { projection: counted, views, store, settledBefore: later };
    const check = (): Promise<Finding[]> => verify(store, { streamChecks: [checkViews(options)] });
    expect(await check()).toMatchObject([{ check: 'I4', message: 'view counted is missing' }]);
    await createStreamProjector(options).catchUp(stream.id);
    expect(await check()).toEqual([]);
    await views.save(stream.id, 6, { view: { versions: [1, 2, 3] }, version: 6 });
    expect(await check()).toMatchObject([
      { check: 'I4', message: 'view counted is not the fold of its events', version: 6 },
    ]);
    await views.save(stream.id, 6, { view: { versions: [1] }, version: 7 });
    expect(await check()).toMatchObject([
      { check: 'I4', message: 'view counted is ahead of its stream, which ends at 6' },
    ]);
    await views.save('invented', 0, { view: { versions: [1] }, version: 1 });
    expect(await collect(checkViewsHaveStreams(options))).toMatchObject([{ check: 'I4', stream: 'project-invented' }]);
    const all = await verify(store, { views: [viewsToCheck(counted, views)] });
    expect(all.map(({ stream: name }) => name)).toEqual([`project-${stream.id}`, 'project-invented']);
  });

  it('leaves a view alone that may not have heard of its newest events yet', async () => {
    const { store } = await filled();
    const check = (settledBefore: number): Promise<Finding[]> =>
      verify(store, {
        streamChecks: [
          checkViews({ projection: counted, views: new MemoryViewStore<Counted>(), store, settledBefore }),
        ],
      });
    expect(await check(at)).toEqual([]);
    expect(await check(at + 1)).toMatchObject([{ message: 'view counted is missing' }]);
  });

  it('tells of a view that lacks settled events', async () => {
    const { store, stream } = await filled();
    const views = new MemoryViewStore<Counted>();
    await views.save(stream.id, 0, { view: { versions: [1, 2, 3, 4] }, version: 4 });
    expect(
      await verify(store, { streamChecks: [checkViews({ projection: counted, views, store, settledBefore: later })] }),
    ).toMatchObject([{ check: 'I4', message: 'view counted is behind its stream, which is at 6', version: 4 }]);
  });

  it('compares what is shown of a fold, where that is all that is stored', async () => {
    const { store, stream } = await filled();
    const views = new MemoryViewStore<unknown>();
    await views.save(stream.id, 0, { view: { of: stream.id, last: 6 }, version: 6 });
    const check = (last: number): Promise<Finding[]> =>
      verify(store, {
        views: [viewsToCheck(counted, views, ({ versions }, id) => ({ of: id, last: (versions.at(-1) ?? 0) + last }))],
      });
    expect(await check(0)).toEqual([]);
    expect(await check(1)).toMatchObject([{ check: 'I4', stream: `project-${stream.id}`, version: 6 }]);
  });

  it('goes on where an event cannot be read, or a view cannot take one', async () => {
    const { store, stream } = await filled();
    const views = new MemoryViewStore<Counted>();
    await createStreamProjector({ projection: counted, views, store }).catchUp(stream.id);
    const unreadable = tampered(store, (commit) =>
      commit.v === 3 ? { ...commit, e: commit.e.map((event) => ({ ...event, data: 'nothing' })) } : commit,
    );
    const strict = {
      ...counted,
      evolve: (): Counted => {
        throw new Error('no such thing');
      },
    };
    const checksOf = async (streams: typeof unreadable, projection: typeof counted): Promise<string[]> =>
      (await verify(streams, { streamChecks: [checkViews({ projection, views, store, settledBefore: later })] })).map(
        ({ check }) => check,
      );
    expect(new Set(await checksOf(unreadable, counted))).toEqual(new Set(['chain', 'readable']));
    expect(await checksOf(store, strict)).toEqual(['I4']);
  });

  it('compares stored logs with their seals', async () => {
    const [one, two] = [Buffer.from('first line\n'), Buffer.from('second\n')];
    const summary = {
      bytes: one.length + two.length,
      lines: 2,
      crc32: crc32(Buffer.concat([one, two])),
      truncated: false,
    };
    const data = {
      projectId: 'shop',
      buildId: BuildId.parse('b1'),
      jobId: 'j',
      stepId: StepId.parse('s'),
      fence: 3,
      summary,
    };
    const store = await history({ kind: 'log', id: 'b1' }, { type: 'LogSealed', data });
    let isExpired = false;
    const check = async (...chunks: readonly (readonly [number, number, Uint8Array | undefined])[]) =>
      (
        await verify(store, {
          logs: {
            chunks: () => each(chunks.map(([seq, offset, bytes]) => ({ seq, offset, bytes }))),
            isExpired: async () => isExpired,
          },
        })
      ).map((finding) => finding.check);
    expect(await check([0, 0, one], [1, 11, two])).toEqual([]);
    for (const wrong of [
      [[0, 0, one]],
      [
        [0, 0, one],
        [2, 11, two],
      ],
      [
        [0, 0, two],
        [1, 7, one],
      ],
      [
        [0, 0, one],
        [1, 10, two],
      ],
      [
        [0, 0, undefined],
        [1, 11, two],
      ],
    ] as const) {
      expect(await check(...wrong)).toEqual(['I5']);
    }
    isExpired = true;
    expect(await check()).toEqual([]);
  });

  it('misses a command that was acknowledged and is gone', async () => {
    const store = new MemoryEventStore();
    const stream = aProject();
    await store.append(anAppend(stream, { commandId: commandId('kept') }));
    const acknowledged = each(['kept', 'lost'].map((id) => ({ stream, commandId: commandId(id) })));
    expect(await verify(store, { acknowledged })).toMatchObject([{ check: 'I7', stream: `project-${stream.id}` }]);
    const streams = each([{ stream }, { stream: aProject('gone') }]);
    expect(await verify(store, { acknowledged: streams })).toMatchObject([{ check: 'I7', stream: 'project-gone' }]);
  });
});
