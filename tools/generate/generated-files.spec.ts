import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { generatedFiles, repositoryRoot } from './generated-files.ts';

describe('what npm run generate writes is committed as it is now', () => {
  test.each(generatedFiles)('$path', async ({ path, render }) => {
    const committed = await readFile(join(repositoryRoot, path), 'utf8').catch(() => '');
    // Not toBe: the difference of two whole pages says less than the way out.
    if (committed !== (await render())) throw new Error(`${path} is stale: run "npm run generate" and commit it`);
    expect(committed).not.toBe('');
  });
});
