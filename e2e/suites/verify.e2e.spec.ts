import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { routes, type BuildId } from '@cyclone/contracts';
import type { StoredCommit } from '@cyclone/event-store';
import { rewriteHistory } from '@cyclone/event-store/testing';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { createConnection, mongo, type Connection } from 'mongoose';
import { z } from 'zod';
import { startPlatform, type PlatformUnderTest } from '../harness/platform.js';
import { createProject } from '../harness/projects.js';
import { runVerify, verifyInstallation, type VerifiedInstallation } from '../harness/verify.js';

/** Every commit is signed, so that the newest is covered whatever is altered. */
const environment = { CYCLONE_CHECKPOINT_EVERY_COMMITS: '1' };
const lines = 400;
const pipeline = `
steps:
  - { name: test, image: any, commands: [run], environment: { SCRIPT_LINES: '${lines}' } }
  - { name: fail, image: any, commands: [run], environment: { SCRIPT_EXIT_CODE: '3' } }
`;
const buildsMade = 4;
/** The clone's, and one of each step. */
const logsOfBuild = 3;

const Place = z.object({ mongo: z.object({ url: z.string(), database: z.string() }) });
type CommitRow = StoredCommit & { readonly _id: mongo.ObjectId };
interface ViewRow {
  readonly _id: string;
  readonly v: number;
  readonly view: unknown;
}

describe('cyclone verify on a running platform', () => {
  let folder: TemporaryFolder;
  let platform: PlatformUnderTest;
  let connection: Connection;
  let database: mongo.Db;
  let builds: readonly BuildId[];

  beforeAll(async () => {
    folder = await temporaryFolder('verify');
    platform = await startPlatform({ executor: 'scripted', slots: 4, allow: [folder.path], environment });
    const project = await createProject(platform, folder.path, 'shop');
    for (let number = 1; number <= buildsMade; number += 1)
      await project.repository.push({ 'cyclone.yaml': pipeline, number: String(number) });
    builds = await platform.api.buildsOf(project.id, buildsMade);
    for (const id of builds) await platform.api.finishedBuild(id);
    const installation = Place.parse(JSON.parse(await readFile(join(platform.dataDir, 'installation.json'), 'utf8')));
    connection = await createConnection(installation.mongo.url, { dbName: installation.mongo.database }).asPromise();
    if (connection.db === undefined) throw new Error('not connected');
    database = connection.db;
  }, 180_000);
  afterAll(async () => {
    await connection.close();
    await platform.stop();
    await folder.dispose();
  });

  const commits = () => database.collection<CommitRow>('commits');
  const firstBuild = (): string => `build-${builds[0] ?? ''}`;
  /** Nothing counts as still under way. */
  const verify = (): Promise<VerifiedInstallation> => verifyInstallation(platform, { settledSeconds: 0 });

  /** Alters one document past the platform, looks, and puts it back. */
  const whileAltered = async <Row extends mongo.Document>(
    collection: mongo.Collection<Row>,
    filter: mongo.Filter<Row>,
    alter: (found: mongo.WithId<Row>) => Promise<unknown>,
  ): Promise<VerifiedInstallation> => {
    const before = await collection.findOne(filter);
    if (before === null) throw new Error(`nothing to alter in ${collection.collectionName}`);
    await alter(before);
    try {
      return await verify();
    } finally {
      await collection.deleteOne({ _id: before._id } as mongo.Filter<Row>);
      await collection.insertOne(before as mongo.OptionalUnlessRequiredId<Row>);
    }
  };

  it('finds nothing wrong, having looked at everything', async () => {
    await eventually(
      async () => {
        const { findings, exitCode, checked } = await verify();
        expect({ findings, exitCode }).toEqual({ findings: [], exitCode: 0 });
        expect(checked.sealedLogs).toBe(buildsMade * logsOfBuild);
      },
      { timeoutMs: 30_000, intervalMs: 500 },
    );
    const { checked, notChecked } = await verify();
    expect(checked.checkpoints).toBeGreaterThan(3);
    expect(checked.views).toEqual(['pipeline-builds', 'pipeline-projects', 'gateway-deliveries', 'gateway-tokens']);
    expect(notChecked).toEqual([expect.stringContaining('I7')]);
  }, 60_000);

  it('says so to people in a line, and reads without making anything', async () => {
    const namesBefore = (await database.listCollections().toArray()).map(({ name }) => name).toSorted();
    const { exitCode, stdout } = await runVerify(platform);
    expect(stdout).toMatch(/^✔ nothing is wrong: \d+ events in \d+ commits of \d+ streams, \d+ checkpoints/);
    expect(exitCode).toBe(0);
    expect((await database.listCollections().toArray()).map(({ name }) => name).toSorted()).toEqual(namesBefore);
  }, 60_000);

  it('raises no false alarm while builds run', async () => {
    const busy = await createProject(platform, folder.path, 'busy');
    for (let number = 1; number <= buildsMade; number += 1)
      await busy.repository.push({ 'cyclone.yaml': pipeline, number: String(number) });
    let runs = 0;
    for (let open = true; open || runs < 2; runs += 1) {
      expect((await verifyInstallation(platform)).findings).toEqual([]);
      const page = await platform.api.call(routes.listProjectBuilds, { params: { projectId: busy.id } });
      open = page.items.length < buildsMade || page.items.some(({ status }) => status !== 'finished');
    }
    await eventually(async () => expect((await verify()).findings).toEqual([]), {
      timeoutMs: 30_000,
      intervalMs: 500,
    });
  }, 60_000);

  it('knows what the API said was made, and misses what is not there', async () => {
    const acknowledged = builds.map((id) => `build-${id}`);
    expect((await verifyInstallation(platform, { acknowledged })).ok).toBe(true);
    const { findings } = await verifyInstallation(platform, { acknowledged: [...acknowledged, 'build-promised'] });
    expect(findings).toEqual([expect.objectContaining({ check: 'I7', stream: 'build-promised' })]);
  }, 60_000);

  it('names the event of which one byte was altered', async () => {
    const { items } = await platform.api.call(routes.listBuildEvents, {
      params: { buildId: builds[0] ?? '' },
      query: { limit: 500 },
    });
    const victim = items.find(({ type }) => type === 'StepEnded');
    if (victim === undefined) throw new Error('no step has ended');
    const { findings, exitCode } = await whileAltered(commits(), { 'e.id': victim.id }, async (commit) => {
      const altered = commit.e.map((event) =>
        event.id === victim.id ? { ...event, data: alterOneByte(event.data) } : event,
      );
      await commits().updateOne({ _id: commit._id }, { $set: { e: altered } });
    });
    expect(exitCode).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'chain',
        stream: firstBuild(),
        version: victim.streamVersion,
        eventId: victim.id,
        expected: expect.stringMatching(/^commit hash [0-9a-f]{64}$/),
      }),
    );
    expect(findings.filter(({ check }) => check === 'chain')).toHaveLength(1);
  }, 60_000);

  it('finds a commit that was taken away', async () => {
    const { findings } = await whileAltered(commits(), { s: firstBuild(), v: { $gt: 3 } }, ({ _id }) =>
      commits().deleteOne({ _id }),
    );
    expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(['I3', 'chain', 'checkpoint']));
  }, 60_000);

  it('finds a history that was rewritten with all its hashes', async () => {
    const before = await commits().find({ s: firstBuild() }).sort({ v: 1 }).toArray();
    const forged = rewriteHistory(before, (commit) => ({ ...commit, at: commit.at + 1 }));
    for (const { s, v, at, e, h } of forged) await commits().updateOne({ s, v }, { $set: { at, e: [...e], h } });
    const { findings } = await verify();
    for (const row of before) await commits().replaceOne({ _id: row._id }, row);
    expect(findings.filter(({ check }) => check === 'chain' || check === 'I3')).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'checkpoint',
        message: expect.stringContaining('not those that were signed'),
      }),
    );
    expect((await verify()).findings).toEqual([]);
  }, 60_000);

  it('finds an altered chunk of a log, and one that was taken away', async () => {
    const chunks = database.collection<{ _id: string; k: string; d: mongo.Binary }>('log_chunks');
    const ofBuild = { k: new RegExp(`^${builds[0] ?? ''}/`) };
    const altered = await whileAltered(chunks, ofBuild, async ({ _id, d }) => {
      const bytes = Buffer.from(d.value());
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      await chunks.updateOne({ _id }, { $set: { d: new mongo.Binary(bytes) } });
    });
    const missing = await whileAltered(chunks, ofBuild, ({ _id }) => chunks.deleteOne({ _id }));
    for (const { findings, exitCode } of [altered, missing]) {
      expect(findings).toEqual([
        expect.objectContaining({ check: 'I5', stream: `log-${builds[0] ?? ''}`, message: expect.any(String) }),
      ]);
      expect(exitCode).toBe(1);
    }
  }, 60_000);

  it('finds an altered view, and one that is missing', async () => {
    const views = database.collection<ViewRow>('pipeline_builds');
    const ofBuild = { _id: String(builds[1]) };
    const altered = await whileAltered(views, ofBuild, () =>
      views.updateOne(ofBuild, { $set: { 'view.build.outcome': 'succeeded' } }),
    );
    expect(altered.findings).toEqual([
      expect.objectContaining({
        check: 'I4',
        message: 'view pipeline-builds is not the fold of its events',
        stream: `build-${builds[1] ?? ''}`,
      }),
    ]);
    const missing = await whileAltered(views, ofBuild, () => views.deleteOne(ofBuild));
    expect(missing.findings).toMatchObject([{ check: 'I4', message: 'view pipeline-builds is missing' }]);
  }, 60_000);

  it('finds an altered line among the exported checkpoints, and a checkpoint that the database has lost', async () => {
    const path = join(platform.dataDir, 'pipeline-svc', 'checkpoints.jsonl');
    const text = await readFile(path, 'utf8');
    const [first = '', ...rest] = text.split('\n');
    await writeFile(
      path,
      [first.replace(/"at":(\d+)/, (_, at: string) => `"at":${Number(at) + 1}`), ...rest].join('\n'),
    );
    const altered = await verify();
    await writeFile(path, text);
    expect(altered.findings).toEqual([
      expect.objectContaining({ check: 'checkpoint', message: `${path}:1: the signature does not hold` }),
    ]);
    const stored = database.collection<{ _id: number }>('checkpoints');
    const lost = await whileAltered(stored, {}, ({ _id }) => stored.deleteOne({ _id }));
    expect(lost.findings).toContainEqual(
      expect.objectContaining({ message: `${path}:1: the exported checkpoint is not stored any more` }),
    );
  }, 60_000);

  it('is well again when all is put back', async () => {
    expect(await verify()).toMatchObject({ ok: true, exitCode: 0, findings: [] });
  }, 60_000);
});

/** One letter of a text in it becomes another one. */
function alterOneByte(data: unknown): unknown {
  const text = JSON.stringify(data);
  const altered = text.replace(/(?<=":"[^"]*)[a-z](?=[^"]*")/, (letter) => (letter === 'x' ? 'y' : 'x'));
  if (altered === text) throw new Error(`nothing to alter in ${text}`);
  return JSON.parse(altered);
}
