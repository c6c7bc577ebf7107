import { allNeeds, findCycles, type Needs } from '../graph/graph.js';
import { didYouMean } from '../problems/did-you-mean.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Span } from '../problems/source-text.js';
import type { NamedService, NamedStep } from './file-shape.js';

export type StageName = 'pre_build' | 'build' | 'integration' | 'post_build' | 'deploy';

/** Who waits for whom in the whole file, whatever the event: mistakes are found on any branch. */
export interface StepGraph {
  readonly steps: readonly NamedStep[];
  readonly needs: Needs;
  readonly all: Needs;
  readonly stages: readonly StageName[];
  readonly hasBuild: boolean;
  indexOf(name: string): number | undefined;
}

/**
 * Woodpecker's rule: as soon as one step says `depends_on`, the steps are a graph, and those that do not say it start
 * at once; else they run in the order of the file.
 */
export function resolveGraph(steps: readonly NamedStep[], report: ProblemReport): StepGraph | undefined {
  const indices = new Map<string, number>();
  for (const [index, step] of steps.entries()) if (!indices.has(step.name)) indices.set(step.name, index);
  const isGraph = steps.some((step) => step.value.place.has('depends_on'));
  const needs: Set<number>[] = steps.map((_, index) => new Set(isGraph || index === 0 ? [] : [index - 1]));

  for (const [index, step] of steps.entries()) {
    for (const { value: name, span } of step.value.depends_on ?? []) {
      const target = indices.get(name);
      if (target === undefined) reportUnknownStep(name, span, indices, report);
      else needs[index]?.add(target);
    }
    for (const image of imagesOf(step)) {
      const target = findBuild(image, steps, indices, report);
      if (target === undefined) continue;
      if (isGraph) needs[index]?.add(target);
      else if (target >= index)
        report.error(
          'image-not-built-yet',
          image.span,
          `${quoted(image.name)} builds its image only later`,
          `move ${quoted(image.name)} before ${quoted(step.name)}`,
        );
    }
  }
  const cycles = findCycles(needs);
  for (const cycle of cycles) reportCycle(cycle, steps, report);
  if (cycles.length > 0) return undefined;
  const all = allNeeds(needs);
  const stages = stagesOf(steps, all);
  const graph: StepGraph = {
    steps,
    needs,
    all,
    stages,
    hasBuild: steps.some(isBuild),
    indexOf: (name) => indices.get(name),
  };
  checkStageOrder(graph, report);
  return graph;
}

export function isBuild(step: NamedStep): boolean {
  return step.value.place.has('build');
}

/** Stages that begin only when the image is published. */
export function isAfterPublishing(stage: StageName | undefined): boolean {
  return stage === 'post_build' || stage === 'deploy';
}

export interface ImageUse {
  readonly name: string;
  readonly span: Span;
}

/** The images that a step and its own services take from `build` steps. */
export function imagesOf(step: NamedStep): ImageUse[] {
  return [step.value.image, ...(step.value.services ?? []).map((service) => service.value.image)].flatMap(useOf);
}

export function imageUseOf(service: NamedService): ImageUse | undefined {
  return useOf(service.value.image)[0];
}

function useOf(image: NamedStep['value']['image']): ImageUse[] {
  return image !== undefined && 'fromStep' in image.value ? [{ name: image.value.fromStep, span: image.span }] : [];
}

/** The `build` step that a `from_step` names; reports when there is none. */
export function findBuild(
  use: ImageUse,
  steps: readonly NamedStep[],
  indices: ReadonlyMap<string, number>,
  report: ProblemReport,
): number | undefined {
  const index = indices.get(use.name);
  const step = index === undefined ? undefined : steps[index];
  if (step === undefined) reportUnknownStep(use.name, use.span, indices, report);
  else if (!isBuild(step))
    report.error(
      'step-builds-nothing',
      use.span,
      `${quoted(use.name)} builds no image`,
      'name a step that has `build`',
    );
  else return index;
  return undefined;
}

function reportUnknownStep(
  name: string,
  span: Span,
  indices: ReadonlyMap<string, number>,
  report: ProblemReport,
): void {
  const near = didYouMean(name, indices.keys());
  report.error(
    'unknown-step',
    span,
    `there is no step called ${quoted(name)}`,
    near === undefined
      ? `steps here: ${[...indices.keys()]
          .slice(0, 10)
          .map((each) => quoted(each))
          .join(', ')}`
      : `did you mean ${quoted(near)}?`,
  );
}

function reportCycle(cycle: readonly number[], steps: readonly NamedStep[], report: ProblemReport): void {
  const first = steps[cycle[0] ?? 0];
  if (first === undefined) return;
  const path = cycle
    .map((index) => steps[index]?.name ?? '')
    .map((name) => quoted(name))
    .join(' → ');
  const span = first.value.place.has('depends_on') ? first.value.place.keySpan('depends_on') : first.nameSpan;
  report.error('cycle', span, `${quoted(first.name)} waits for itself: ${path}`, 'take one of these `depends_on` away');
}

/** What an image build waits for is before it; the rest is after, where publishing waits for it. */
function stagesOf(steps: readonly NamedStep[], all: Needs): StageName[] {
  const builds = [...steps.entries()].filter(([, step]) => isBuild(step)).map(([index]) => index);
  return steps.map((step, index) => {
    if (step.value.stage !== undefined) return step.value.stage;
    if (builds.length === 0 || isBuild(step)) return 'build';
    return builds.some((build) => all[build]?.has(index)) ? 'pre_build' : 'integration';
  });
}

/** Publishing stands between integration and post_build, so nothing may wait the other way round. */
function checkStageOrder(graph: StepGraph, report: ProblemReport): void {
  if (!graph.hasBuild) return;
  for (const [index, step] of graph.steps.entries()) {
    if (isAfterPublishing(graph.stages[index])) {
      if (isBuild(step))
        report.error(
          'stage-order',
          step.value.place.keySpan('stage'),
          'an image build cannot stand after publishing',
          'remove `stage`: it is `build`',
        );
      continue;
    }
    for (const need of graph.needs[index] ?? []) {
      if (!isAfterPublishing(graph.stages[need])) continue;
      const earlier = graph.steps[need]?.name ?? '';
      report.error(
        'stage-order',
        step.nameSpan,
        `${quoted(step.name)} (${graph.stages[index]}) waits for ${quoted(earlier)} (${graph.stages[need]}), which waits until the image is published, and so for all of integration`,
        `move ${quoted(step.name)} before ${quoted(earlier)}, or give it \`stage: ${graph.stages[need]}\``,
      );
    }
  }
}
