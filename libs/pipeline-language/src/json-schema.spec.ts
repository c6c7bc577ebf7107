import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { caicloudJsonSchema, compilePipelineFile, pipelineFileJsonSchema } from './index.js';
import { shapeCodes } from './shape/shape.js';
import { aContext, digestOf, examplesDir, fixturesDir, pipelineFileIn } from './testing/corpus.js';

const ajv = new Ajv2020({ strict: false, allErrors: true });
const native = ajv.compile(pipelineFileJsonSchema);
const caicloud = ajv.compile(caicloudJsonSchema);

interface Case {
  readonly name: string;
  readonly path: string;
  readonly text: Buffer;
}

const fixtures: Case[] = readdirSync(fixturesDir)
  // Broken YAML, and prototypes that the plain parser makes of keys, are beyond any schema.
  .filter(
    (name) => !name.startsWith('yaml-') || ['yaml-numbers', 'yaml-colon-in-command', 'yaml-not-a-map'].includes(name),
  )
  .map((name) => {
    const path = pipelineFileIn(join(fixturesDir, name));
    return { name, path, text: readFileSync(join(fixturesDir, name, path)) };
  });
const examples: Case[] = readdirSync(examplesDir)
  .filter((name) => /\.ya?ml$/.test(name))
  .map((name) => ({
    name,
    path: name.includes('caicloud') ? 'caicloud.yml' : 'cyclone.yaml',
    text: readFileSync(join(examplesDir, name)),
  }));

describe('the published JSON Schema and the checker say the same', () => {
  test.each([...fixtures, ...examples])('$name', ({ path, text }) => {
    const result = compilePipelineFile({ path, digest: digestOf(text), text, context: aContext() });
    const codes = result.ok ? [] : result.problems.map((problem) => problem.code);
    const validate = path === 'caicloud.yml' || path === 'pipeline.yaml' ? caicloud : native;
    const valid = validate(parse(text.toString(), { merge: true }));
    expect({ valid, errors: valid ? [] : codes.filter((code) => shapeCodes.has(code)).slice(0, 1) }).toEqual({
      valid: !codes.some((code) => shapeCodes.has(code)),
      errors: valid ? [] : [expect.any(String)],
    });
  });
});

describe('every example compiles without a warning, for a push and for a tag', () => {
  test.each(examples)('$name', ({ path, text }) => {
    for (const context of [
      aContext(),
      aContext({ event: 'tag', ref: 'refs/tags/v1', tag: 'v1', branch: null, versionName: 'tag_v1' }),
    ]) {
      expect(compilePipelineFile({ path, digest: digestOf(text), text, context })).toMatchObject({
        ok: true,
        warnings: [],
      });
    }
  });
});
