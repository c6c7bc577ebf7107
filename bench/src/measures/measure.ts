import type { Figure } from '../figure.js';
import type { Stage } from '../platform/stage.js';

export interface MeasureContext {
  /** How often a work is done. */
  readonly rounds: number;
  /** An image with a shell, present at the Docker Engine. Only for measures that need docker. */
  readonly image: string;
  /** A folder that is removed afterwards. */
  readonly folder: string;
  readonly say: (message: string) => void;
}

export interface Findings {
  readonly figures: readonly Figure[];
  /** What a reader must know to read them rightly. */
  readonly notes?: readonly string[];
}

interface Named {
  readonly id: string;
  readonly title: string;
  /** Too long to be done without being asked for. */
  readonly onlyWhenNamed?: boolean;
}

/** Measures of the running platform; those with the same executor share one, warmed up by the ones before. */
export interface StageMeasure extends Named {
  readonly executor: 'docker' | 'scripted';
  run(stage: Stage, context: MeasureContext): Promise<Findings>;
}

/** Brings up what it needs by itself. */
export interface OwnMeasure extends Named {
  readonly executor?: never;
  run(context: MeasureContext): Promise<Findings>;
}

export type Measure = StageMeasure | OwnMeasure;

/** Milliseconds, in seconds, of doing it. */
export async function secondsOf(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return (performance.now() - begun) / 1000;
}

/**
 * Floor and work in turns, so that what else the machine does falls on both alike. One round before the first warms
 * both up and does not count.
 */
export async function inTurns<Floor, Work>(
  rounds: number,
  floor: () => Promise<Floor>,
  work: () => Promise<Work>,
): Promise<{ readonly floors: readonly Floor[]; readonly works: readonly Work[] }> {
  const floors: Floor[] = [];
  const works: Work[] = [];
  await floor();
  await work();
  for (let round = 0; round < rounds; round += 1) {
    floors.push(await floor());
    works.push(await work());
  }
  return { floors, works };
}
