import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandId } from '@cyclone/contracts';
import type { CheckpointStore } from '@cyclone/event-store';
import { MemoryCheckpointStore, MemoryEventStore } from '@cyclone/event-store/memory';
import { silentLogger } from '@cyclone/observability';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { checkpointPathsIn, type CheckpointPaths } from './checkpoint-paths.js';
import { openCheckpoints } from './open-checkpoints.js';

describe('checkpoints of the world', () => {
  let folder: TemporaryFolder;
  let made = 0;
  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.dispose());

  const world = async (events: number) => {
    const store = new MemoryEventStore();
    const checkpoints = new MemoryCheckpointStore();
    made += 1;
    const paths = checkpointPathsIn(join(folder.path, `world-${made}`));
    for (let index = 0; index < events; index += 1) await append(store, `d${index}`);
    return { store, checkpoints, paths };
  };

  const append = (store: MemoryEventStore, id: string) =>
    store.append({
      stream: { kind: 'project', id },
      expectedVersion: 0,
      commandId: CommandId.parse('one'),
      tenant: id,
      actor: { kind: 'system', id: 'spec' },
      trace: { correlationId: 'spec' },
      occurredAt: 1,
      events: [{ type: 'SecretSet', data: { name: 'TOKEN', secretVersion: 1 } }],
    });

  const open = (store: MemoryEventStore, checkpoints: CheckpointStore, paths: CheckpointPaths) =>
    openCheckpoints({
      commits: store,
      checkpoints,
      lastPosition: () => store.lastPosition(),
      paths,
      everyCommits: 2,
      everyMs: 60_000,
      now: () => 100_000,
      logger: silentLogger,
    });

  const linesOf = async ({ linesFile }: CheckpointPaths): Promise<unknown[]> =>
    (await readFile(linesFile, 'utf8'))
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));

  it('are made as positions are given, and at the end whatever is due', async () => {
    const { store, checkpoints, paths } = await world(4);
    const opened = await open(store, checkpoints, paths);
    for (const position of [1, 2, 3]) opened.sequenced(position);
    await opened.keep(() => true).stop();
    expect(await linesOf(paths)).toMatchObject([{ position: 1 }, { position: 3 }, { position: 4 }]);
  });

  it('are made by nobody who does not lead', async () => {
    const { store, checkpoints, paths } = await world(4);
    await (await open(store, checkpoints, paths)).keep(() => false).stop();
    expect(await linesOf(paths)).toEqual([]);
  });

  it('are all in the file after a crash between the database and the file, or in the middle of a line', async () => {
    const { store, checkpoints, paths } = await world(4);
    const first = await open(store, checkpoints, paths);
    for (const position of [1, 3]) first.sequenced(position);
    await first.keep(() => true).stop();
    const [line] = (await readFile(paths.linesFile, 'utf8')).split('\n');
    await writeFile(paths.linesFile, `${line}\n`);
    await appendFile(paths.linesFile, '{"position":3,"root');
    const second = (await open(store, checkpoints, paths)).keep(() => false);
    await eventually(async () =>
      expect(await linesOf(paths)).toMatchObject([{ position: 1 }, { position: 3 }, { position: 4 }]),
    );
    await second.stop();
  });

  it('take no line from the database that the key has not signed', async () => {
    const { store, checkpoints, paths } = await world(2);
    const other = checkpointPathsIn(join(folder.path, 'other'));
    await (await open(store, checkpoints, other)).keep(() => true).stop();
    await (await open(store, checkpoints, paths)).keep(() => false).stop();
    expect(await linesOf(other)).toHaveLength(1);
    expect(await linesOf(paths)).toEqual([]);
  });
});
