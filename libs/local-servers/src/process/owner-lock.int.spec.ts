import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { childNode, nextLine, outputOf } from '../spec-support/child-node.js';
import { withOwnerLock } from './owner-lock.js';

let folder: string;
let lockFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclone-lock-'));
  lockFile = join(folder, 'the.lock');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const importLock = `const { withOwnerLock } = await import(source + 'process/owner-lock.ts');`;

describe('a lock with an owner', () => {
  test('lets one process in at a time', async () => {
    const script = `
      import { appendFileSync, readFileSync } from 'node:fs';
      import { setTimeout as pause } from 'node:timers/promises';
      ${importLock}
      const diary = ${JSON.stringify(join(folder, 'diary'))};
      for (let round = 0; round < 5; round += 1) {
        await withOwnerLock(${JSON.stringify(lockFile)}, { timeoutMs: 20000 }, async () => {
          appendFileSync(diary, 'in ');
          await pause(5);
          appendFileSync(diary, 'out\\n');
        });
      }
      if (readFileSync(diary, 'utf8').includes('in in')) console.log('two were in at once');
    `;
    const outputs = await Promise.all([1, 2, 3].map(() => outputOf(childNode(script))));
    expect(outputs.flat()).toEqual([]);
    expect(await readdir(folder)).toEqual(['diary']);
  }, 30_000);

  test('whose owner was killed is taken over at once', async () => {
    const owner = childNode(`
      ${importLock}
      await withOwnerLock(${JSON.stringify(lockFile)}, { timeoutMs: 1000 }, async () => {
        console.log('mine');
        await new Promise((resolve) => setTimeout(resolve, 60000));
      });
    `);
    expect(await nextLine(owner)).toBe('mine');
    const waiting = withOwnerLock(
      lockFile,
      { timeoutMs: 10_000, onWait: () => owner.kill('SIGKILL') },
      async () => 'now mine',
    );
    expect(await waiting).toBe('now mine');
    expect(owner.killed).toBe(true);
  });

  test('left by a process whose number is in use again is taken over', async () => {
    await writeFile(lockFile, `${process.pid} 1\n`);
    expect(await withOwnerLock(lockFile, { timeoutMs: 1_000 }, async () => 'mine')).toBe('mine');
  });

  test('is given back when the work fails', async () => {
    const work = withOwnerLock(lockFile, { timeoutMs: 1_000 }, () => Promise.reject(new Error('broke')));
    await expect(work).rejects.toThrow('broke');
    expect(await readdir(folder)).toEqual([]);
  });

  test('that stays taken is reported with its owner', async () => {
    const inside = withOwnerLock(lockFile, { timeoutMs: 1_000 }, () => {
      return withOwnerLock(lockFile, { timeoutMs: 100 }, async () => 'never');
    });
    await expect(inside).rejects.toThrow(`owner: process ${process.pid}`);
  });
});
