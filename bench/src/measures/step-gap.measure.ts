import { figure, figureOf } from '../figure.js';
import { gapsBetween, stepTimes } from '../platform/timeline.js';
import { mediansInOrder, percentile } from '../statistics.js';
import { withProcessorTime } from '../platform/processor-time.js';
import type { BenchProject, Stage, UnwatchedBuild } from '../platform/stage.js';
import type { Findings, StageMeasure } from './measure.js';

const stepCount = 200;
const parts = 5;

const pipelineOf = (step: string): string =>
  ['clone: { skip: true }', 'steps:', ...Array.from({ length: stepCount }, () => `  - ${step}`), ''].join('\n');

async function inARow(stage: Stage, project: BenchProject, rounds: number): Promise<readonly UnwatchedBuild[]> {
  const builds: UnwatchedBuild[] = [];
  for (let round = 0; round < rounds; round += 1) builds.push(await stage.buildUnwatched(project));
  return builds;
}

async function measureGaps(stage: Stage, name: string, step: string, rounds: number): Promise<Findings> {
  const project = await stage.project(name, pipelineOf(step));
  const gaps: number[] = [];
  const along: (readonly number[])[] = [];
  const perStep: number[] = [];
  const { result: builds, processor } = await withProcessorTime(
    stage.platform,
    { name: 'a step', count: rounds * stepCount },
    () => inARow(stage, project, rounds),
  );
  for (const { events } of builds) {
    const steps = stepTimes(events);
    if (steps.length !== stepCount) throw new Error(`${steps.length} steps ran, not ${stepCount}`);
    const own = gapsBetween(steps);
    gaps.push(...own);
    along.push(mediansInOrder(own, parts));
    const [first] = steps;
    const last = steps.at(-1);
    if (first !== undefined && last !== undefined) perStep.push((last.endedAt - first.startedAt) / stepCount);
  }
  const growth = along.map((medians) => (medians.at(-1) ?? 0) - (medians[0] ?? 0));
  return {
    figures: [
      figureOf('end of a step to start of the next, median', 'ms', gaps),
      figure('end of a step to start of the next, p99', 'ms', percentile(gaps, 0.99), {
        aim: { of: 'value', atMost: 30 },
      }),
      figureOf('growth from the first to the last fifth', 'ms', growth, { aim: { of: 'value', atMost: 1 } }),
      figureOf('a whole step', 'ms', perStep),
      ...processor,
    ],
    notes: [
      `${stepCount} steps, ${rounds} builds. Medians of the gaps by fifths of the build: ${along
        .map((medians) => medians.map((value) => value.toFixed(1)).join(', '))
        .join(' / ')} ms.`,
    ],
  };
}

export const stepGap: StageMeasure = {
  id: 'gap',
  title: 'gap between steps, scripted: all of it is ours',
  executor: 'scripted',
  run: (stage, { rounds }) => measureGaps(stage, 'gap', '{ image: none, commands: x }', rounds),
};

export const stepGapOnDocker: StageMeasure = {
  id: 'gap-docker',
  title: 'gap between steps, a container each',
  executor: 'docker',
  run: (stage, { image }) => measureGaps(stage, 'gap-docker', `{ image: '${image}', commands: 'true' }`, 1),
};
