import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Plan } from '@cyclone/contracts';
import { compilePipelineFile, formatProblem } from './index.js';
import { aContext, digestOf, fixturesDir, pipelineFileIn } from './testing/corpus.js';

const corpus = readdirSync(fixturesDir).map((name) => {
  const path = pipelineFileIn(join(fixturesDir, name));
  return { path, text: readFileSync(join(fixturesDir, name, path), 'utf8') };
});

const contexts = fc.constantFrom(
  aContext(),
  aContext({ event: 'tag', ref: 'refs/tags/v1', tag: 'v1', branch: null }),
  aContext({ event: 'pull_request', baseBranch: 'main', trust: 'untrusted' }),
  aContext({ event: 'manual', imageRepository: null }),
);

/** What must hold of any answer, whatever was asked. */
function expectAnAnswer(path: string, text: Uint8Array, context: ReturnType<typeof aContext>): void {
  const result = compilePipelineFile({ path, digest: digestOf(text), text, context });
  const problems = result.ok ? result.warnings : result.problems;
  for (const problem of problems) {
    expect(problem.code).not.toBe('plan-refused');
    expect(formatProblem(problem, { colour: false })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  if (!result.ok) {
    expect(result.problems.some((problem) => problem.severity === 'error')).toBe(true);
    return;
  }
  Plan.parse(result.plan);
  const seen = new Set<string>();
  for (const step of result.plan.jobs[0]?.steps ?? []) {
    for (const need of step.needs) expect(seen).toContain(need);
    expect(seen).not.toContain(step.id);
    seen.add(step.id);
    if (context.trust !== 'untrusted') continue;
    expect(JSON.stringify(step.environment)).not.toContain('"secret"');
    expect(step.kind).not.toBe('publish-image');
  }
}

const pieces = [
  'steps',
  ':',
  ' ',
  '\n',
  '- ',
  '  ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '&a',
  '*a',
  '<<',
  '|',
  '>',
  '!',
  '#',
  '\t',
  '\0',
  'null',
  '.nan',
  '1e400',
  'image',
  'when',
  'build',
  'depends_on',
  '\u202e',
  'é',
  '?',
];

describe('any text gets an answer: a plan, or problems with their places', () => {
  test('arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), contexts, (bytes, context) =>
        expectAnAnswer('cyclone.yaml', bytes, context),
      ),
      { numRuns: 300 },
    );
  });

  test('arbitrary sequences of what YAML and the language are made of', () => {
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 80 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom('cyclone.yaml', 'caicloud.yml'), contexts, (text, path, context) =>
        expectAnAnswer(path, new TextEncoder().encode(text), context),
      ),
      { numRuns: 400 },
    );
  });

  test('real files in which something was cut out, doubled or replaced', () => {
    const changes = fc.array(
      fc.record({ at: fc.nat(2_000), remove: fc.nat(12), insert: fc.constantFrom('', ...pieces) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...corpus), changes, contexts, ({ path, text }, edits, context) => {
        let changed = text;
        for (const { at, remove, insert } of edits) {
          const place = at % (changed.length + 1);
          changed = changed.slice(0, place) + insert + changed.slice(place + remove);
        }
        expectAnAnswer(path, new TextEncoder().encode(changed), context);
      }),
      { numRuns: 400 },
    );
  });

  test('real files in which whole lines were moved', () => {
    fc.assert(
      fc.property(fc.constantFrom(...corpus), fc.nat(60), fc.nat(60), contexts, ({ path, text }, from, to, context) => {
        const lines = text.split('\n');
        const [line = ''] = lines.splice(from % lines.length, 1);
        lines.splice(to % (lines.length + 1), 0, line);
        expectAnAnswer(path, new TextEncoder().encode(lines.join('\n')), context);
      }),
      { numRuns: 200 },
    );
  });
});

describe('any graph of steps', () => {
  const stage = fc.constantFrom(undefined, 'pre_build', 'integration', 'post_build', 'deploy');
  const steps = fc.array(
    fc.record({ builds: fc.boolean(), stage, waitsFor: fc.array(fc.nat(9), { maxLength: 3 }), onlyTags: fc.boolean() }),
    { minLength: 1, maxLength: 10 },
  );

  test('moves tags only after every step that is not after publishing, and runs post_build only after that', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (drafts, isGraph) => {
        const file = drafts.map((draft, index) => ({
          name: `s${index}`,
          ...(draft.builds
            ? { build: { image: `registry.example.com/s${index}` } }
            : { image: 'node:24', ...(draft.stage === undefined ? {} : { stage: draft.stage }) }),
          ...(draft.onlyTags ? { when: { event: 'tag' } } : {}),
          ...(isGraph
            ? { depends_on: draft.waitsFor.filter((other) => other < index).map((other) => `s${other}`) }
            : {}),
        }));
        const text = new TextEncoder().encode(JSON.stringify({ steps: file }));
        const result = compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context: aContext() });
        if (!result.ok) {
          for (const problem of result.problems) expect(['stage-order', 'nothing-to-run']).toContain(problem.code);
          return;
        }
        const all = result.plan.jobs[0]?.steps ?? [];
        const behind = new Map<string, Set<string>>();
        for (const step of all)
          behind.set(step.id, new Set(step.needs.flatMap((need) => [need, ...(behind.get(need) ?? [])])));
        for (const publish of all.filter((step) => step.kind === 'publish-image')) {
          const waits = behind.get(publish.id);
          for (const step of all.filter((each) => each.kind !== 'publish-image')) {
            const isAfter = step.stage === 'post_build' || step.stage === 'deploy';
            expect(isAfter ? behind.get(step.id)?.has(publish.id) : waits?.has(step.id)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
