import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { childNode, nextLine } from '../spec-support/child-node.js';
import { until } from '../spec-support/until.js';
import { identifyProcess } from './process-identity.js';
import { runCommand } from './run-command.js';
import { startSupervised } from './supervised-process.js';

const isRunning = async (pid: number) => (await identifyProcess(pid)) !== undefined;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclone-supervised-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function startShell(script: string, outlivesParent?: boolean) {
  const logFile = join(folder, 'server.log');
  return startSupervised({ name: 'server', program: '/bin/sh', args: ['-c', script], logFile, outlivesParent });
}

function parentOf(script: string, outlivesParent: boolean) {
  return childNode(`
    const { startSupervised } = await import(source + 'process/supervised-process.ts');
    const server = await startSupervised({
      name: 'server', program: '/bin/sh', args: ['-c', ${JSON.stringify(script)}],
      logFile: ${JSON.stringify(join(folder, 'server.log'))}, outlivesParent: ${outlivesParent},
    });
    console.log(server.pid);
    setInterval(() => undefined, 1000);
  `);
}

describe('a supervised process', () => {
  test('has the process id of the program itself, and its output in the log', async () => {
    const server = await startShell('echo I am $$; echo trouble >&2; exec sleep 60');
    await until(async () => (await readFile(server.logFile, 'utf8')).includes('trouble'));
    expect(await readFile(server.logFile, 'utf8')).toBe(`I am ${server.pid}\ntrouble\n`);
    await server.kill9();
  });

  test('tells how it ended', async () => {
    const failing = await startShell('exit 3');
    expect(await failing.ended).toEqual({ exitCode: 3, signal: null });
    const killed = await startShell('exec sleep 60');
    await killed.kill9();
    expect(await killed.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  test('is asked to end and may clean up', async () => {
    const server = await startShell('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await until(async () => (await readFile(server.logFile, 'utf8')).includes('ready'));
    await server.stop();
    await server.stop();
    expect(await server.ended).toEqual({ exitCode: 0, signal: null });
    expect(await readFile(server.logFile, 'utf8')).toContain('bye');
  });

  test('is made to end when it does not listen', async () => {
    const server = await startShell('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    await until(async () => (await readFile(server.logFile, 'utf8')).includes('ready'));
    await server.stop(100);
    expect(await server.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  test('leaves no watcher behind when it ends', async () => {
    const server = await startShell('exec sleep 60');
    await server.kill9();
    await until(
      async () => (await runCommand('pgrep', ['-g', String(server.pid)], { timeoutMs: 5_000 })).stdout === '',
    );
  });

  test('does not survive kill -9 of its parent', async () => {
    const parent = parentOf('exec sleep 60', false);
    const pid = Number(await nextLine(parent));
    expect(await isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(async () => !(await isRunning(pid)));
  });

  test('does not survive kill -9 of its parent either when it ignores SIGTERM', async () => {
    const parent = parentOf('trap "" TERM; while :; do sleep 0.05; done', false);
    const pid = Number(await nextLine(parent));
    parent.kill('SIGKILL');
    await until(async () => !(await isRunning(pid)), 15_000);
  }, 20_000);

  test('survives its parent where that is wanted', async () => {
    const parent = parentOf('exec sleep 60', true);
    const pid = Number(await nextLine(parent));
    parent.kill('SIGKILL');
    await until(async () => parent.signalCode === 'SIGKILL');
    expect(await isRunning(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  test('that cannot be started is named', async () => {
    const logFile = join(folder, 'server.log');
    const start = startSupervised({
      name: 'ghost',
      program: '/nowhere/ghost',
      args: [],
      logFile,
      outlivesParent: true,
    });
    await expect(start).rejects.toThrow('ghost could not be started');
  });
});
