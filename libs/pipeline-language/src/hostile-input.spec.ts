import { describe, expect, test } from '@jest/globals';
import { compilePipelineFile } from './index.js';
import { aContext, digestOf } from './testing/corpus.js';

const size = 250_000;
const fill = (part: string) => part.repeat(Math.floor(size / part.length));
const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
/** As much as is read at all, so that what comes behind the parser is tried as well. */
const withinBudget = (part: string) => part.repeat(4_500);

const hostile: { readonly [name: string]: string | Uint8Array } = {
  '5 MB': new Uint8Array(5_000_000).fill(0x61),
  '20,000 brackets': '['.repeat(20_000),
  'brackets without end': fill('['),
  'braces without end': fill('{a: '),
  'dashes in one line': fill('- '),
  'question marks in one line': fill('? '),
  'ever deeper indentation': numbered(700, (index) => `${' '.repeat(index)}a:`),
  'only quotes': fill('"'),
  'only commas': `[${fill(',')}`,
  'only closing brackets': fill('} '),
  'only tags': fill('! '),
  'only anchors': fill('&a '),
  'only bad escapes': `"${fill('\\x')}"`,
  'only tabs': fill('\t'),
  'only carriage returns': fill('\r'),
  'only documents': fill('---\n'),
  'only directives': fill('%TAG ! a\n'),
  'one endless word': fill('x'),
  'one endless comment': `#${fill('x')}`,
  'many keys': numbered(20_000, (index) => `k${index}: 1`),
  'many anchors': numbered(20_000, (index) => `- &a${index} x`),
  'errors within the budget': withinBudget('} '),
  'commas within the budget': `[${withinBudget(', ')}`,
  'tags within the budget': withinBudget('! '),
  'unknown keys within the budget': numbered(2_800, (index) => `k${index}: 1`),
  'wide merges': `x-a: &a {${numbered(1_200, (index) => `k${index}: 1,`)}}\nx-b: {<<: [${'*a,'.repeat(1_500)}]}\nsteps: []`,
  'long branch patterns': `steps:\n${numbered(150, (index) => `- {name: s${index}, image: a, when: {branch: [${`"${'*a'.repeat(49)}b",`.repeat(12)}]}}`)}`,
  'a graph of 200 steps': `steps:\n${numbered(200, (index) => `- {name: s${index}, image: a, depends_on: [${index > 1 ? `s${index - 1}, s${index - 2}` : ''}]}`)}`,
  'a circle of 200 steps': `steps:\n${numbered(200, (index) => `- {name: s${index}, image: a, depends_on: s${(index + 1) % 200}}`)}`,
};

describe('no file takes long, and every refusal has a place', () => {
  const context = aContext({ branch: 'a'.repeat(250) });

  test.each(Object.keys(hostile))('%s', (name) => {
    const content = hostile[name] ?? '';
    const text = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const input = { path: 'cyclone.yaml', digest: digestOf(text), text, context };
    const before = process.cpuUsage();
    const result = compilePipelineFile(input);
    const { user, system } = process.cpuUsage(before);
    // The aim is 100 ms. Processor time, and a margin for cold code: a busy machine must not fail this.
    expect((user + system) / 1_000).toBeLessThan(400);
    if (name === 'a graph of 200 steps') {
      expect(result.ok).toBe(true);
      return;
    }
    if (result.ok) throw new Error('compiled');
    expect(result.problems[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
  });

  test('bytes that are no UTF-8 are shown by line and column', () => {
    const text = new Uint8Array([...new TextEncoder().encode('steps:\n- name: '), 0xff, 0xfe]);
    const result = compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context });
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'not-utf8', line: 2, column: 9 }] });
  });

  test('UTF-16 is named', () => {
    const text = new Uint8Array([0xff, 0xfe, 0x73, 0x00]);
    const result = compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context });
    expect(result).toMatchObject({ ok: false, problems: [{ hint: expect.stringContaining('UTF-16') }] });
  });

  test('a NUL is shown by line and column', () => {
    const text = new TextEncoder().encode('steps:\n- name: a\0b\n');
    const result = compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context });
    expect(result).toMatchObject({ ok: false, problems: [{ code: 'control-character', line: 2, column: 10 }] });
  });

  test('a byte order mark is no part of the text', () => {
    const text = new TextEncoder().encode('\ufeffsteps: [{image: node:24}]');
    expect(compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context }).ok).toBe(true);
  });

  test('nobody gets a prototype', () => {
    const text = new TextEncoder().encode(
      '__proto__: {polluted: 1}\nsteps: [{image: a, environment: {constructor: x}}]',
    );
    compilePipelineFile({ path: 'cyclone.yaml', digest: digestOf(text), text, context });
    expect('polluted' in {}).toBe(false);
  });
});
