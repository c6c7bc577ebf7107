import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEnvironment } from '../environment.js';
import type { Environment } from '../environment.js';
import { childNode, outputOf } from '../spec-support/child-node.js';
import { findDockerEngine, ensureDockerEngine } from '../servers/docker-engine.js';
import { ensurePart } from './ensure-part.js';
import { inspectParts } from './inspect-parts.js';

let folder: string;

/** A machine on which nothing of ours is installed. */
function bareMachine(): Environment {
  return { ...readEnvironment(), path: [], toolsDir: join(folder, 'tools'), stateDir: join(folder, 'state') };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclone-ensure-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('ensuring a part', () => {
  test('installs nothing when told so, and names what is missing with the command that gets it', async () => {
    const announced: string[] = [];
    const environment = { ...bareMachine(), mayInstall: false };
    const ensured = ensurePart('redis-server', { environment, announce: (line) => announced.push(line) });
    await expect(ensured).rejects.toMatchObject({
      code: 'part-missing',
      part: 'redis-server',
      message: expect.stringMatching(/redis-server is missing[^]*--no-install[^]*Get it with: \S+/),
    });
    expect(announced).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is done once by several processes at a time, and announced before', async () => {
    const script = `
      const { ensurePart } = await import(source + 'parts/ensure-part.ts');
      const { readEnvironment } = await import(source + 'environment.ts');
      const environment = { ...readEnvironment(), path: [] };
      const { program } = await ensurePart('busybox', { environment, announce: (line) => console.log(line) });
      console.log('use ' + program);
    `;
    const toolsDir = join(folder, 'tools');
    const children = [1, 2, 3].map(() => childNode(script, { CYCLONE_TOOLS_DIR: toolsDir }));
    const lines = (await Promise.all(children.map(outputOf))).flat();
    expect(lines.filter((line) => line.startsWith('Installing busybox'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('Installed busybox'))).toHaveLength(1);
    expect(new Set(lines.filter((line) => line.startsWith('use ')))).toHaveProperty('size', 1);
    expect(await readdir(toolsDir)).toEqual(['busybox']);
    expect(await readdir(join(toolsDir, 'busybox'))).toHaveLength(1);
  }, 120_000);

  test('passes over a program that is too old', async () => {
    const environment = { ...bareMachine(), path: [folder], mayInstall: false };
    await writeFile(join(folder, 'redis-server'), '#!/bin/sh\necho "Redis server v=3.2.1"\n', { mode: 0o755 });
    await expect(ensurePart('redis-server', { environment })).rejects.toThrow('redis-server is missing');
    const report = (await inspectParts(environment)).find(({ name }) => name === 'redis-server');
    expect(report).toMatchObject({ state: 'broken', version: '3.2.1', problem: 'version 3.2.1 is older than 6.0' });
  });
});

describe('looking for a Docker Engine', () => {
  test('asks the one that DOCKER_HOST names and no other', async () => {
    const environment = { ...bareMachine(), dockerHost: 'tcp://127.0.0.1:1' };
    const search = await findDockerEngine(environment);
    expect(search.engine).toBeUndefined();
    expect(search.problems).toEqual([expect.stringContaining('tcp://127.0.0.1:1: connect ECONNREFUSED')]);
    await expect(ensureDockerEngine({ environment })).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the report on this machine', () => {
  test('looks for a server that is named by its address there, and hides the password', async () => {
    const environment = { ...bareMachine(), serverUrls: { 'redis-server': 'redis://:secret@127.0.0.1:1' } };
    const report = (await inspectParts(environment)).find(({ name }) => name === 'redis-server');
    expect(report).toMatchObject({
      state: 'broken',
      where: 'redis://***@127.0.0.1:1',
      problem: 'nobody listens at 127.0.0.1:1',
    });
  });

  test('names everything that is missing on a bare one, with a remedy', async () => {
    const reports = await inspectParts({
      ...bareMachine(),
      dockerHost: `unix://${folder}/docker.sock`,
      mayInstall: false,
    });
    const [node, ...others] = reports;
    expect(node).toMatchObject({ name: 'node', state: 'found', where: process.execPath });
    expect(others.map(({ state }) => state)).toEqual(others.map(() => 'missing'));
    expect(others.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['mongod', 'nats-server', 'redis-server', 'docker-registry', 'git', 'docker-engine']),
    );
    for (const report of others) expect(report).toMatchObject({ remedy: expect.any(String), installable: false });
  });
});
