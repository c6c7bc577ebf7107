import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProjectId, routes, type BuildView } from '@cyclone/contracts';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { z } from 'zod';
import { readLogSocket, textOf } from '../harness/log-socket.js';
import { startPlatform, type PlatformUnderTest } from '../harness/platform.js';
import { createRepository } from '../harness/repository.js';

/** What a scenario's build must come to; steps by name. */
const Expected = z.strictObject({
  outcome: z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'rejected']),
  steps: z.record(z.string(), z.string()).default({}),
  exitCodes: z.record(z.string(), z.number()).default({}),
  reasons: z.record(z.string(), z.string()).default({}),
  logs: z.record(z.string(), z.string()).default({}),
  imageTags: z.array(z.string()).optional(),
  /** Each message of the file's problems must hold the text at its place. */
  problems: z.array(z.string()).default([]),
  /** These ran at the same time. */
  sideBySide: z.array(z.string()).default([]),
});

const scenariosPath = fileURLToPath(new URL('../scenarios', import.meta.url));
const scenarios = readdirSync(scenariosPath).sort();

describe('scenarios on the scripted executor', () => {
  let folder: TemporaryFolder;
  let platform: PlatformUnderTest;

  beforeAll(async () => {
    folder = await temporaryFolder('scenarios');
    platform = await startPlatform({ executor: 'scripted', slots: 8, allow: [folder.path] });
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await folder.dispose();
  });

  it.each(scenarios)('%s', async (name) => {
    const files = Object.fromEntries(
      readdirSync(join(scenariosPath, name))
        .filter((file) => file !== 'expected.json')
        .map((file) => [file, readFileSync(join(scenariosPath, name, file), 'utf8')]),
    );
    const expected = Expected.parse(JSON.parse(readFileSync(join(scenariosPath, name, 'expected.json'), 'utf8')));
    const projectId = ProjectId.parse(`s-${name}`);
    const repository = await createRepository(folder.path, name);
    await platform.api.call(routes.createProject, {
      body: {
        id: projectId,
        name,
        repository: { url: repository.barePath, forge: 'bare' },
        imageRepository: 'registry.example.com/team/app',
      },
    });
    await repository.push(files, `Scenario ${name}`);
    const [buildId] = await platform.api.buildsOf(projectId, 1);
    if (buildId === undefined) throw new Error('no build');
    const build = await platform.api.finishedBuild(buildId);
    compare(build, expected);
    if (build.outcome === 'rejected') return;
    const frames = await readLogSocket(platform, buildId);
    for (const [step, text] of Object.entries(expected.logs)) {
      expect(textOf(frames, stepOf(build, step).id)).toContain(text);
    }
  });
});

function compare(build: BuildView, expected: z.infer<typeof Expected>): void {
  expect({ outcome: build.outcome, reason: build.reason, problems: build.problems }).toMatchObject({
    outcome: expected.outcome,
  });
  for (const [name, outcome] of Object.entries(expected.steps)) {
    expect({ name, outcome: stepOf(build, name).outcome }).toEqual({ name, outcome });
  }
  for (const [name, code] of Object.entries(expected.exitCodes)) expect(stepOf(build, name).exitCode).toBe(code);
  for (const [name, code] of Object.entries(expected.reasons)) expect(stepOf(build, name).reason?.code).toBe(code);
  expected.problems.forEach((text) => {
    expect(build.problems.map(({ message, hint }) => `${message} ${hint ?? ''}`).join('\n')).toContain(text);
  });
  if (expected.imageTags !== undefined)
    expect(build.images.flatMap(({ tags }) => tags)).toEqual(expect.arrayContaining(expected.imageTags));
  const [first, second] = expected.sideBySide.map((name) => stepOf(build, name));
  if (first !== undefined && second !== undefined) {
    expect(second.startedAt ?? Infinity).toBeLessThan(first.endedAt ?? 0);
    expect(first.startedAt ?? Infinity).toBeLessThan(second.endedAt ?? 0);
  }
}

function stepOf(build: BuildView, name: string): BuildView['jobs'][number]['steps'][number] {
  const step = build.jobs.flatMap(({ steps }) => steps).find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`the build has no step ${name}`);
  return step;
}
