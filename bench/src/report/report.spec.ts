import { describe, expect, it } from '@jest/globals';
import { figureOf } from '../figure.js';
import { withResults } from './benchmarks-page.js';
import { mergeResults, type BenchResults, type MeasureResult } from './results-file.js';
import { markdownTable, terminalTable } from './table.js';

const aMeasure = (id: string, value: number): MeasureResult => ({
  id,
  title: `work ${id}`,
  measuredAt: '2026-11-23T02:00:00.000Z',
  commit: 'abc1234',
  rounds: 5,
  load: { before: 0.5, after: 1.5 },
  figures: [
    figureOf('ten steps', 's', [value], {
      floor: { name: 'docker run', samples: [4] },
      aim: { of: 'ratio', atMost: 0.6 },
    }),
  ],
  notes: ['none lost'],
});

const aRun = (...measures: MeasureResult[]): BenchResults => ({
  date: '2026-11-23',
  machine: { cores: 2, processor: 'a processor', memoryGiB: 24, system: 'linux 6 x64', versions: { node: 'v24' } },
  measures,
});

describe('the report', () => {
  it('shows each figure beside its floor, ratio and aim', () => {
    const table = terminalTable(aRun(aMeasure('w1', 2)));
    expect(table).toContain('w1: work w1 (load 0.5 to 1.5)');
    expect(table).toMatch(/ten steps +2\.00 s +4\.00 s \(docker run\) +0\.50 +≤ 0\.6 +reached/);
    expect(table).toContain('none lost');
  });

  it('says where an aim was missed', () => {
    expect(terminalTable(aRun(aMeasure('w1', 3)))).toMatch(/0\.75 +≤ 0\.6 +missed/);
  });

  it('names the machine in the page', () => {
    const page = withResults(
      'before\n<!-- results: written by npm run bench -->\nold\n<!-- end of results -->\nafter\n',
      markdownTable(aRun(aMeasure('w1', 2))),
    );
    expect(page).toMatch(/^before\n/);
    expect(page).toContain('2 cores (a processor), 24 GiB');
    expect(page).toContain('at abc1234, 5 rounds; load average 0.5 before');
    expect(page).not.toContain('old');
    expect(page).toMatch(/<!-- end of results -->\nafter\n$/);
  });

  it('refuses a page without a place for results', () => {
    expect(() => withResults('nothing', 'x')).toThrow('no place');
  });

  it('keeps measures of the same day that were not done again', () => {
    const merged = mergeResults(aRun(aMeasure('w1', 2), aMeasure('w2', 2)), aRun(aMeasure('w2', 1), aMeasure('w3', 1)));
    expect(merged.measures.map(({ id, figures }) => [id, figures[0]?.value])).toEqual([
      ['w1', 2],
      ['w2', 1],
      ['w3', 1],
    ]);
  });
});
