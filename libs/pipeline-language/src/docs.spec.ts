import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caicloudJsonSchema, compilePipelineFile, pipelineFileJsonSchema } from './index.js';
import { aContext, digestOf } from './testing/corpus.js';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** Every property name in a schema, however deep. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => [
    ...(keyword === 'properties' ? Object.keys(value) : []),
    ...keysOf(value),
  ]);
}

describe('the reference pages', () => {
  test.each([
    ['pipeline-file.md', pipelineFileJsonSchema],
    ['caicloud-yml.md', caicloudJsonSchema],
  ])('%s names every key', (page, schema) => {
    const text = readFileSync(join(docs, page), 'utf8');
    const quotations = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, quotation = '']) => quotation.split(/[^a-z_]+/));
    const missing = [...new Set(keysOf(schema))].filter((key) => !quotations.includes(key));
    expect(missing).toEqual([]);
  });

  test.each(['pipeline-file.md', 'caicloud-yml.md'])('%s shows only files that compile', (page) => {
    const text = readFileSync(join(docs, page), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const bytes = new TextEncoder().encode(block);
      const path = page === 'caicloud-yml.md' ? 'caicloud.yml' : 'cyclone.yaml';
      const result = compilePipelineFile({
        path,
        digest: digestOf(bytes),
        text: bytes,
        context: aContext({ event: 'tag', tag: 'v1', branch: null }),
      });
      expect(result.ok ? [] : result.problems).toEqual([]);
    }
  });
});
