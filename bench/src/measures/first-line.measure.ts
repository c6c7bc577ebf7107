import { containerFloor } from '../docker/engine-floor.js';
import { figure, figureOf, type Figure } from '../figure.js';
import { withProcessorTime } from '../platform/processor-time.js';
import type { ObservedBuild } from '../platform/stage.js';
import { stretches, stretchesOf } from '../platform/timeline.js';
import { median, percentile, spreadOf } from '../statistics.js';
import type { Findings, MeasureContext, StageMeasure } from './measure.js';
import type { BenchProject, Stage } from '../platform/stage.js';
import { msUntilFirstLine } from './timing.js';

const samples = 60;
const samplesToWarmUp = 5;

interface Observed {
  readonly builds: readonly ObservedBuild[];
  readonly processor: readonly Figure[];
}

async function observe(stage: Stage, project: BenchProject): Promise<Observed> {
  const inARow = async (count: number): Promise<readonly ObservedBuild[]> => {
    const builds: ObservedBuild[] = [];
    for (let sample = 0; sample < count; sample += 1) builds.push(await stage.build(project));
    return builds;
  };
  await inARow(samplesToWarmUp);
  const { result, processor } = await withProcessorTime(stage.platform, { name: 'a build', count: samples }, () =>
    inARow(samples),
  );
  return { builds: result, processor };
}

/** Medians of the stretches: where to look when the whole is too long. */
function wayOf(builds: readonly ObservedBuild[]): string {
  const all = builds.map(stretchesOf);
  const parts = stretches.map((name) => {
    const { p50, p99 } = spreadOf(all.map((one) => one[name]));
    return `${name} ${p50.toFixed(0)} (p99 ${p99.toFixed(0)})`;
  });
  return `Where the time goes, medians in ms: ${parts.join('; ')}.`;
}

/** One build at a time on the scripted executor: nothing but the platform is in the way. */
export const serversShare: StageMeasure = {
  id: 'share',
  title: "the server's share of webhook to first log line",
  executor: 'scripted',
  async run(stage): Promise<Findings> {
    const pipeline = [
      'clone: { skip: true }',
      'steps:',
      "  - { image: none, commands: x, environment: { SCRIPT_OUTPUT: 'hello' } }",
      '',
    ].join('\n');
    const { builds, processor } = await observe(stage, await stage.project('share', pipeline));
    const times = builds.map(msUntilFirstLine);
    return {
      figures: [
        figureOf('webhook to first log line, median', 'ms', times),
        figure('webhook to first log line, p99', 'ms', percentile(times, 0.99), { aim: { of: 'value', atMost: 100 } }),
        ...processor,
      ],
      notes: [`${samples} builds, one at a time.`, wayOf(builds)],
    };
  },
};

/** The same with real containers, beside what the Engine alone takes for one. */
export const firstLine: StageMeasure = {
  id: 'first-line',
  title: 'webhook to first log line, a container each',
  executor: 'docker',
  async run(stage, { image }: MeasureContext): Promise<Findings> {
    const pipeline = `clone: { skip: true }\nsteps:\n  - { image: '${image}', commands: echo hello }\n`;
    const project = await stage.project('first-line', pipeline);
    const floor = await containerFloor(image, 20);
    const { builds, processor } = await observe(stage, project);
    const floors = [...floor, ...(await containerFloor(image, 20))];
    const times = builds.map(msUntilFirstLine);
    const over = median(times) - median(floors);
    return {
      figures: [
        figureOf('webhook to first log line', 'ms', times, {
          floor: { name: 'create, attach, start over the Engine API', samples: floors },
        }),
        figure('the same above the floor', 'ms', over, { aim: { of: 'value', atMost: 100 } }),
        ...processor,
      ],
      notes: [`${samples} builds, one at a time; the floor before and after them.`, wayOf(builds)],
    };
  },
};
