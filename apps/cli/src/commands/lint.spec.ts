import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileProblem } from '@cyclone/contracts';
import { formatProblem } from '@cyclone/pipeline-language';
import { z } from 'zod';
import { runCommand } from '../testing/fake-context.js';

const good = 'steps:\n  - name: test\n    image: node:24\n    commands: npm test\n';
const bad = good.replace('commands', 'comands').replace('image: node:24', 'image: 7');
const tagOnly = `${good}    when: { event: tag }\n`;
const Printed = z.object({ file: z.string(), problems: z.array(FileProblem), skipped: z.array(z.unknown()) });

describe('cyclone lint', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'cyclone-lint-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('says that a file is good', async () => {
    const path = join(folder, 'cyclone.yaml');
    await writeFile(path, good);
    expect(await runCommand(['lint', path])).toMatchObject({ out: `✔ ${path} is a good pipeline file\n`, exitCode: 0 });
  });

  it('shows every problem as the checker writes it, and ends with 1', async () => {
    const json = await runCommand(['lint', '-', '--output', 'json'], { stdin: bad });
    const { file, problems } = Printed.parse(JSON.parse(json.out));
    expect([file, json.exitCode]).toEqual(['cyclone.yaml', 1]);
    expect(problems.length).toBeGreaterThan(1);
    const text = await runCommand(['lint', '-'], { stdin: bad });
    const blocks = problems.map((problem) => `${formatProblem(problem, { colour: false })}\n\n`);
    expect(text).toMatchObject({ out: `${blocks.join('')}✘ cyclone.yaml: ${problems.length} errors\n`, exitCode: 1 });
  });

  it('prints JSON of one shape, whether the file is good or not', async () => {
    const ran = await runCommand(['lint', '-', '--output', 'json'], { stdin: good });
    expect(JSON.parse(ran.out)).toEqual({ file: 'cyclone.yaml', problems: [], skipped: [], nothingToRun: false });
    expect(ran.exitCode).toBe(0);
  });

  it('says what does not run for the event, which is no error', async () => {
    const push = await runCommand(['lint', '-'], { stdin: tagOnly });
    expect(push.exitCode).toBe(0);
    expect(push.out).toMatch(
      /^ {2}a push to main does not run test: .*\n✔ .* nothing of it runs for a push to main\n$/,
    );
    const tag = await runCommand(['lint', '-', '--event', 'tag'], { stdin: tagOnly });
    expect(tag).toMatchObject({ out: '✔ cyclone.yaml is a good pipeline file\n', exitCode: 0 });
  });

  it('reads stdin as the file that it stands for', async () => {
    const stdin = 'build:\n  dockerfile_name: Dockerfile\n';
    expect(await runCommand(['lint', '-', '--as', 'caicloud.yml'], { stdin })).toMatchObject({ exitCode: 0 });
    expect(await runCommand(['lint', '-'], { stdin: `steps: [` })).toMatchObject({ exitCode: 1 });
  });

  it('refuses a file that is not there', async () => {
    const { error } = await runCommand(['lint', join(folder, 'absent.yaml')]);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('ENOENT') });
  });
});

describe('cyclone schema', () => {
  it.each([
    [[], 'Cyclone pipeline file'],
    [['caicloud'], 'Cyclone pipeline file of 2016 (caicloud.yml)'],
  ])('prints the JSON Schema %j', async (format, title) => {
    const { out } = await runCommand(['schema', ...format]);
    expect(JSON.parse(out)).toMatchObject({ title, $schema: 'https://json-schema.org/draft/2020-12/schema' });
  });
});
