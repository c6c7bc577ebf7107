import { docker } from '../docker/docker-run.js';
import { figure, figureOf } from '../figure.js';
import type { BenchProject, Stage } from '../platform/stage.js';
import { median } from '../statistics.js';
import { inTurns, type StageMeasure } from './measure.js';
import { msUntilFirstLine } from './timing.js';

const hooks = 20;

const pipeline = (image: string): string => `
clone: { skip: true }
steps:
  - { image: '${image}', commands: echo hello }
`;

interface Wave {
  /** Seconds until the last of all had ended. */
  readonly all: number;
  /** Seconds until half of them had shown a line. */
  readonly firstLine: number;
}

async function byHand(image: string): Promise<Wave> {
  const begun = Date.now();
  const runs = await Promise.all(
    Array.from({ length: hooks }, () => docker('run', '--rm', image, 'sh', '-c', 'echo hello')),
  );
  const all = (Date.now() - begun) / 1000;
  return { all, firstLine: median(runs.map(({ firstOutputAt }) => ((firstOutputAt ?? begun) - begun) / 1000)) };
}

/** A hook that is refused makes the wave fail. */
async function byHooks(stage: Stage, project: BenchProject): Promise<Wave> {
  const begun = Date.now();
  const builds = await Promise.all(Array.from({ length: hooks }, () => stage.build(project)));
  return {
    all: (Math.max(...builds.map(({ log }) => log.endedAt)) - begun) / 1000,
    firstLine: median(builds.map((build) => msUntilFirstLine(build) / 1000)),
  };
}

/** W4: twenty webhooks at the same moment. */
export const manyHooks: StageMeasure = {
  id: 'w4',
  title: 'twenty one-step pipelines triggered at once',
  executor: 'docker',
  async run(stage, { rounds, image }) {
    const project = await stage.project('w4', pipeline(image));
    const { floors, works } = await inTurns(
      rounds,
      () => byHand(image),
      () => byHooks(stage, project),
    );
    return {
      figures: [
        figureOf(
          'first webhook to end of the last log',
          's',
          works.map(({ all }) => all),
          {
            floor: { name: 'twenty docker run at once', samples: floors.map(({ all }) => all) },
            aim: { of: 'ratio', atMost: 0.8 },
          },
        ),
        figureOf(
          'webhook to first log line, median of the twenty',
          's',
          works.map(({ firstLine }) => firstLine),
          {
            floor: { name: 'first output of docker run', samples: floors.map(({ firstLine }) => firstLine) },
            aim: { of: 'value', atMost: 1.5 },
          },
        ),
        figure('webhooks refused', '', 0, { aim: { of: 'value', atMost: 0 } }),
      ],
      notes: ['The runner has its default of four slots. A refused webhook would have ended the measure.'],
    };
  },
};
