import { ensureDockerEngine, ensureImage, openDocker } from '@cyclone/local-servers';
import { temporaryFolder } from '@cyclone/testing';
import type { Findings, Measure, MeasureContext, StageMeasure } from './measures/measure.js';
import { Stage } from './platform/stage.js';
import { commitOfThisTree, loadAverage } from './report/machine.js';
import type { MeasureResult } from './report/results-file.js';

export interface RunOptions {
  readonly rounds: number;
  readonly profileDir: string | undefined;
  readonly say: (message: string) => void;
}

/** One measure after the other. What cannot be measured ends the run: half a table would be read as a whole one. */
export async function runMeasures(
  measures: readonly Measure[],
  { rounds, profileDir, say }: RunOptions,
): Promise<readonly MeasureResult[]> {
  const image = measures.some(({ executor }) => executor === 'docker') ? await prepareImages() : '';
  const commit = await commitOfThisTree();
  const stages = new Stages(profileDir);
  const results: MeasureResult[] = [];
  try {
    for (const measure of measures) {
      const folder = await temporaryFolder('bench');
      const context = { rounds, image, folder: folder.path, say };
      say(`${measure.id}: ${measure.title}`);
      const before = loadAverage();
      try {
        const { figures, notes } = await find(measure, stages, context);
        results.push({
          id: measure.id,
          title: measure.title,
          measuredAt: new Date().toISOString(),
          commit,
          rounds,
          load: { before, after: loadAverage() },
          figures: [...figures],
          notes: [...(notes ?? [])],
        });
      } finally {
        await folder.dispose();
      }
    }
  } finally {
    await stages.close();
  }
  return results;
}

async function find(measure: Measure, stages: Stages, context: MeasureContext): Promise<Findings> {
  if (measure.executor === undefined) {
    await stages.close();
    return measure.run(context);
  }
  return measure.run(await stages.of(measure.executor), context);
}

/** The platform that is up: at most one at a time, so that none is measured beside another. */
class Stages {
  private current: { readonly executor: StageMeasure['executor']; readonly stage: Stage } | undefined;

  constructor(private readonly profileDir: string | undefined) {}

  async of(executor: StageMeasure['executor']): Promise<Stage> {
    if (this.current?.executor === executor) return this.current.stage;
    await this.close();
    const stage = await Stage.open({ executor, profileDir: this.profileDir });
    this.current = { executor, stage };
    return stage;
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.stage[Symbol.asyncDispose]();
  }
}

/** Both are there before anything is timed. */
async function prepareImages(): Promise<string> {
  const docker = openDocker(await ensureDockerEngine());
  await ensureImage(docker, 'git');
  return (await ensureImage(docker, 'busybox')).reference;
}
