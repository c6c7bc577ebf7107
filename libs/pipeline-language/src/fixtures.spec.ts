import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compilePipelineFile, formatProblem } from './index.js';
import type { CompileResult } from './index.js';
import { aContext, digestOf, fixturesDir, pipelineFileIn } from './testing/corpus.js';

/** `CYCLONE_UPDATE_FIXTURES=1` writes what is expected instead of comparing it: to be read before it is committed. */
const update = process.env['CYCLONE_UPDATE_FIXTURES'] === '1';

function rendered(result: CompileResult): { file: string; text: string } {
  if (!result.ok) {
    const problems = result.problems.map((problem) => formatProblem(problem, { colour: false }));
    return { file: 'expected.problems.txt', text: `${problems.join('\n\n')}\n` };
  }
  const { plan, skipped } = result;
  const warnings = result.warnings.map((problem) => formatProblem(problem, { colour: false }).split('\n'));
  return { file: 'expected.plan.json', text: `${JSON.stringify({ skipped, warnings, plan }, null, 2)}\n` };
}

describe('a pipeline file becomes exactly this plan, or exactly these problems', () => {
  test.each(readdirSync(fixturesDir))('%s', (name) => {
    const dir = join(fixturesDir, name);
    const path = pipelineFileIn(dir);
    const text = readFileSync(join(dir, path));
    const context = aContext(
      existsSync(join(dir, 'context.json')) ? JSON.parse(readFileSync(join(dir, 'context.json'), 'utf8')) : {},
    );
    const { file, text: actual } = rendered(compilePipelineFile({ path, digest: digestOf(text), text, context }));
    if (update) writeFileSync(join(dir, file), actual);
    expect(actual).toBe(readFileSync(join(dir, file), 'utf8'));
    expect(readdirSync(dir).filter((each) => each.startsWith('expected.'))).toEqual([file]);
  });
});
