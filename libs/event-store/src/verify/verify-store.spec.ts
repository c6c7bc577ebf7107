import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signCheckpoint, SignedCheckpoint } from '../checkpoint/checkpoint.js';
import { createCheckpointer } from '../checkpoint/checkpointer.js';
import type { StoredCommit } from '../commit.js';
import { MemoryCheckpointStore } from '../memory/memory-checkpoint-store.js';
import { rewriteHistory } from '../testing/rewrite-history.js';
import { anAppend } from '../testing/samples.js';
import { at, each, filled, tampered, verify } from '../testing/verify-support.js';
import type { Finding } from './finding.js';

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
    ['the actor was taken away', (commit) => JSON.parse(JSON.stringify({ ...commit, meta: 7 })), 'chain'],
    ['the events are no list', (commit) => JSON.parse(JSON.stringify({ ...commit, e: 'none' })), 'chain'],
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

const linesOf = (checkpoints: readonly unknown[]) =>
  checkpoints.map((value, index) => ({ place: `line ${index + 1}`, value }));

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
    for await (const checkpoint of checkpoints.all()) stored.push(SignedCheckpoint.parse(checkpoint));
    return { store, stream, stored, lines };
  };

  it('are made when due, exported as lines, and hold', async () => {
    const { store, stored, lines } = await signed();
    expect(stored.map((checkpoint) => checkpoint.position)).toEqual([2, 4]);
    expect(lines.map((line) => JSON.parse(line))).toEqual(stored);
    expect(
      await verify(store, {
        checkpoints: { stored: each(stored), exported: linesOf(stored), publicKeys: [publicKey] },
      }),
    ).toEqual([]);
  });

  it('find a chain that was rewritten whole', async () => {
    const { store, stored } = await signed();
    const commits: StoredCommit[] = [];
    for await (const commit of store.byStream()) commits.push(commit);
    const rewritten = new Map(
      rewriteHistory(commits, (commit) => ({ ...commit, t: 'somebody-else' })).map((commit) => [commit.v, commit]),
    );
    const findings = await verify(
      tampered(store, (commit) => rewritten.get(commit.v)),
      { checkpoints: { stored: each(stored), publicKeys: [publicKey] } },
    );
    expect(findings).toEqual([
      expect.objectContaining({ check: 'checkpoint', position: 2 }),
      expect.objectContaining({ check: 'checkpoint', position: 4 }),
    ]);
  });

  it('find a cut-off end, a foreign signature, and a stored checkpoint that is not the exported one', async () => {
    const { store, stored } = await signed();
    const cut = tampered(store, (commit) => ((commit.g ?? 0) > 3 ? undefined : commit));
    expect(await verify(cut, { checkpoints: { stored: each(stored), publicKeys: [publicKey] } })).toContainEqual(
      expect.objectContaining({ check: 'checkpoint', message: expect.stringContaining('ends at 3') }),
    );
    const forged = stored.map((checkpoint) => signCheckpoint(checkpoint, generateKeyPairSync('ed25519').privateKey));
    const findings = await verify(store, {
      checkpoints: { stored: each(forged), exported: linesOf(stored), publicKeys: [publicKey] },
    });
    expect(new Set(findings.map((finding) => finding.message))).toEqual(
      new Set([
        'the signature does not hold',
        'the checkpoint does not go on from the one at 2',
        'line 1: the exported checkpoint is stored as another one',
        'line 2: the exported checkpoint is stored as another one',
      ]),
    );
  });

  it('find an altered line, one that is no checkpoint, and what was taken out of the database', async () => {
    const { store, stored } = await signed();
    const [first, second] = stored;
    if (first === undefined || second === undefined) throw new Error('two checkpoints are needed');
    const findings = await verify(store, {
      checkpoints: {
        stored: each<unknown>([first, { ...second, rootHash: 7 }]),
        exported: linesOf([{ ...first, position: 3 }, '{', second]),
        publicKeys: [publicKey],
      },
    });
    expect(findings).toMatchObject([
      { check: 'checkpoint', message: 'what is stored is not a checkpoint' },
      { check: 'checkpoint', message: 'line 1: the signature does not hold', position: 3 },
      { check: 'checkpoint', message: 'line 2 is not a checkpoint' },
      { check: 'checkpoint', message: 'line 3: the exported checkpoint is not stored any more', position: 4 },
    ]);
  });

  it('are concluded at the end of a process, whatever is due', async () => {
    const { store } = await filled();
    const checkpoints = new MemoryCheckpointStore();
    const exportLine = async (): Promise<void> => {};
    const checkpointer = createCheckpointer({
      commits: store,
      checkpoints,
      key: privateKey,
      now: () => at,
      exportLine,
    });
    await checkpointer.advance(1);
    expect(await checkpointer.advance(3)).toBeUndefined();
    expect(await checkpointer.conclude(3)).toMatchObject({ position: 3, previousPosition: 1 });
    expect(await checkpointer.conclude(3)).toBeUndefined();
  });
});
