import { generateKeyPairSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { BuildId, StepId, type StreamRef } from '@cyclone/contracts';
import { signCheckpoint, type SignedCheckpoint } from '../checkpoint/checkpoint.js';
import { createCheckpointer } from '../checkpoint/checkpointer.js';
import type { StoredCommit } from '../commit.js';
import type { NewEvent } from '../event-store.js';
import { chainHash, contentBytes, genesisHash } from '../hash-chain.js';
import { MemoryCheckpointStore } from '../memory/memory-checkpoint-store.js';
import { MemoryEventStore } from '../memory/memory-event-store.js';
import { MemoryViewStore } from '../memory/memory-view-store.js';
import { createStreamProjector } from '../projection/stream-projection.js';
import { aProject, anAppend, commandId, secretSet } from '../testing/samples.js';
import { counted, type Counted } from '../testing/view-store.contract.js';
import { checkViews, checkViewsHaveStreams } from './check-views.js';
import type { Finding } from './finding.js';
import { verifyStore, type VerifyOptions } from './verify-store.js';

const at = 1_700_000_000_000;
const later = at + 86_400_000;
const sha = 'a'.repeat(40);
const digest = `sha256:${'0'.repeat(64)}`;

async function* each<Item>(items: Iterable<Item>): AsyncIterable<Item> {
  yield* items;
}

const collect = async (findings: AsyncIterable<Finding>): Promise<Finding[]> => {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
};

/** The same store with its commits changed on the way out, as somebody with access to the database would have. */
const tampered = (
  store: MemoryEventStore,
  change: (commit: StoredCommit) => StoredCommit | undefined,
): VerifyOptions['store'] => {
  const changed = async function* (commits: AsyncIterable<StoredCommit>) {
    for await (const commit of commits) {
      const result = change(commit);
      if (result !== undefined) yield result;
    }
  };
  return {
    append: (append) => store.append(append),
    findCommand: (stream, id) => store.findCommand(stream, id),
    readStream: (stream, range) => store.readStream(stream, range),
    readAll: (range) => store.readAll(range),
    lastPosition: () => store.lastPosition(),
    byStream: (options) => changed(store.byStream(options)),
    byPosition: (range) => changed(store.byPosition(range)),
  };
};

const verify = (store: VerifyOptions['store'], options: Partial<VerifyOptions> = {}): Promise<Finding[]> =>
  collect(verifyStore({ store, now: later, ...options }));

const filled = async (): Promise<{ store: MemoryEventStore; stream: StreamRef }> => {
  const store = new MemoryEventStore();
  const stream = aProject();
  for (let version = 0; version < 6; version += 2) {
    await store.append(
      anAppend(stream, { expectedVersion: version, events: [secretSet(version + 1), secretSet(version + 2)] }),
    );
  }
  return { store, stream };
};

const history = async (stream: StreamRef, ...events: readonly NewEvent[]): Promise<MemoryEventStore> => {
  const store = new MemoryEventStore();
  for (const [index, event] of events.entries())
    await store.append(anAppend(stream, { expectedVersion: index, events: [event], occurredAt: at }));
  return store;
};

describe('verify: the store itself', () => {
  it('finds nothing in a store that is well', async () => {
    expect(await verify((await filled()).store)).toEqual([]);
  });

  it('names the event of which one byte was altered', async () => {
    const { store, stream } = await filled();
    const second = (await store.readStream(stream))[3];
    const alter = (commit: StoredCommit): StoredCommit => ({
      ...commit,
      e: commit.e.map((event) =>
        event.id === second?.id ? { ...event, data: { name: 'TOKEO', secretVersion: 4 } } : event,
      ),
    });
    expect(await verify(tampered(store, alter))).toEqual([
      expect.objectContaining({ check: 'chain', stream: `project-${stream.id}`, version: 4, eventId: second?.id }),
    ]);
  });

  it.each<[string, (commit: StoredCommit) => StoredCommit | undefined, Finding['check']]>([
    [
      'the actor was altered',
      (commit) => ({ ...commit, meta: { ...commit.meta, actor: { kind: 'system', id: 'other' } } }),
      'chain',
    ],
    ['the time was altered', (commit) => ({ ...commit, at: commit.at - 1 }), 'chain'],
    ['a commit was removed', (commit) => (commit.v === 3 ? undefined : commit), 'I3'],
    ['a position was given twice', (commit) => ({ ...commit, g: commit.v === 3 ? 1 : commit.g }), 'I3'],
    ['a position was left out', (commit) => ({ ...commit, g: commit.v === 5 ? 4 : commit.g }), 'I3'],
    ['a commit never got its position', (commit) => ({ ...commit, g: commit.v === 5 ? undefined : commit.g }), 'I3'],
    [
      'the type is not known',
      (commit) => ({ ...commit, e: commit.e.map((event) => ({ ...event, type: 'SecretEaten' })) }),
      'readable',
    ],
    [
      'the version is not known',
      (commit) => ({ ...commit, e: commit.e.map((event) => ({ ...event, ver: 99 })) }),
      'readable',
    ],
  ])('tells when %s', async (_, change, check) => {
    const { store, stream } = await filled();
    const findings = await verify(tampered(store, change));
    expect(findings).toContainEqual(expect.objectContaining({ check, stream: `project-${stream.id}` }));
  });
});

describe('verify: checkpoints', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');

  const signed = async () => {
    const { store, stream } = await filled();
    const checkpoints = new MemoryCheckpointStore();
    const lines: string[] = [];
    const exportLine = async (line: string): Promise<void> => void lines.push(line);
    const checkpointer = createCheckpointer({
      commits: store,
      checkpoints,
      key: privateKey,
      now: () => at,
      exportLine,
      everyCommits: 2,
    });
    await checkpointer.advance(2);
    await store.append(anAppend(stream, { expectedVersion: 6 }));
    await checkpointer.advance(3);
    await checkpointer.advance(4);
    const stored: SignedCheckpoint[] = [];
    for await (const checkpoint of checkpoints.all()) stored.push(checkpoint);
    return { store, stream, stored, lines };
  };

  it('are made when due, exported as lines, and hold', async () => {
    const { store, stored, lines } = await signed();
    expect(stored.map((checkpoint) => checkpoint.position)).toEqual([2, 4]);
    expect(lines.map((line) => JSON.parse(line))).toEqual(stored);
    expect(await verify(store, { checkpoints: { stored: each(stored), exported: each(stored), publicKey } })).toEqual(
      [],
    );
  });

  it('find a chain that was rewritten whole', async () => {
    const { store, stored } = await signed();
    let previous = genesisHash;
    const rewritten = new Map<number, StoredCommit>();
    for await (const commit of store.byStream()) {
      const forged = { ...commit, t: 'somebody-else' };
      previous = chainHash(previous, contentBytes(forged));
      rewritten.set(commit.v, { ...forged, h: previous });
    }
    const findings = await verify(
      tampered(store, (commit) => rewritten.get(commit.v)),
      { checkpoints: { stored: each(stored), publicKey } },
    );
    expect(findings).toEqual([
      expect.objectContaining({ check: 'checkpoint', position: 2 }),
      expect.objectContaining({ check: 'checkpoint', position: 4 }),
    ]);
  });

  it('find a cut-off end, a foreign signature, and a stored checkpoint that is not the exported one', async () => {
    const { store, stored } = await signed();
    const cut = tampered(store, (commit) => ((commit.g ?? 0) > 3 ? undefined : commit));
    expect(await verify(cut, { checkpoints: { stored: each(stored), publicKey } })).toContainEqual(
      expect.objectContaining({ check: 'checkpoint', message: expect.stringContaining('ends at 3') }),
    );
    const forged = stored.map((checkpoint) => signCheckpoint(checkpoint, generateKeyPairSync('ed25519').privateKey));
    const findings = await verify(store, { checkpoints: { stored: each(forged), exported: each(stored), publicKey } });
    expect(new Set(findings.map((finding) => finding.message))).toEqual(
      new Set([
        'the signature does not hold',
        'the checkpoint does not go on from the one at 2',
        'an exported checkpoint is not stored any more, or another one is',
      ]),
    );
  });
});

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
    const options = { projection: counted, views, store };
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
    const check = async (...chunks: readonly (readonly [number, number, Uint8Array])[]) =>
      (
        await verify(store, {
          logs: { chunks: () => each(chunks.map(([seq, offset, bytes]) => ({ seq, offset, bytes }))) },
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
    ] as const) {
      expect(await check(...wrong)).toEqual(['I5']);
    }
  });

  it('misses a command that was acknowledged and is gone', async () => {
    const store = new MemoryEventStore();
    const stream = aProject();
    await store.append(anAppend(stream, { commandId: commandId('kept') }));
    const acknowledged = each(['kept', 'lost'].map((id) => ({ stream, commandId: commandId(id) })));
    expect(await verify(store, { acknowledged })).toMatchObject([{ check: 'I7', stream: `project-${stream.id}` }]);
  });
});
