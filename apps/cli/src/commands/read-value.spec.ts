import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readValue } from './read-value.js';

const stdin = (content: string | Uint8Array) => ({
  readStdin: () => Promise.resolve(typeof content === 'string' ? new TextEncoder().encode(content) : content),
});

describe('a value given to a command', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cyclone-value-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is what was typed', async () => {
    expect(await readValue(stdin(''), 'p@ss word-')).toBe('p@ss word-');
  });

  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['two\nlines\n\n', 'two\nlines\n'],
    ['', ''],
  ])('is stdin without its last newline: %j', async (content, value) => {
    expect(await readValue(stdin(content), '-')).toBe(value);
  });

  it('is the content of a file', async () => {
    await writeFile(join(folder, 'token'), 'from a file\n');
    expect(await readValue(stdin(''), `@${join(folder, 'token')}`)).toBe('from a file');
  });

  it('names a file that cannot be read', async () => {
    const path = join(folder, 'absent');
    await expect(readValue(stdin(''), `@${path}`)).rejects.toMatchObject({
      message: expect.stringMatching(`^${path} cannot be read: ENOENT`),
      exitCode: 2,
    });
  });

  it('does not mend what is no text: a key in binary would be another key', async () => {
    await expect(readValue(stdin(Uint8Array.of(0xff, 0xfe)), '-')).rejects.toMatchObject({
      message: 'stdin is not text in UTF-8',
      exitCode: 2,
    });
  });
});
