import { docker } from '../docker/docker-run.js';
import { figureOf } from '../figure.js';
import { inTurns, secondsOf, type StageMeasure } from './measure.js';
import { secondsUntilEnd } from './timing.js';

const stepCount = 10;

const pipeline = (image: string): string =>
  [
    'clone: { skip: true }',
    'steps:',
    ...Array.from({ length: stepCount }, (_, index) => `  - { image: '${image}', commands: echo step ${index} }`),
    '',
  ].join('\n');

/** W1: ten one-line steps, from the webhook until a client has the whole log. */
export const shortSteps: StageMeasure = {
  id: 'w1',
  title: 'ten one-line steps, a container each',
  executor: 'docker',
  async run(stage, { rounds, image }) {
    const project = await stage.project('w1', pipeline(image));
    const { floors, works } = await inTurns(
      rounds,
      () =>
        secondsOf(async () => {
          for (let step = 0; step < stepCount; step += 1)
            await docker('run', '--rm', image, 'sh', '-c', `echo step ${step}`);
        }),
      () => stage.build(project).then(secondsUntilEnd),
    );
    return {
      figures: [
        figureOf('webhook to end of log', 's', works, {
          floor: { name: 'loop of docker run', samples: floors },
          aim: { of: 'ratio', atMost: 0.6 },
        }),
      ],
    };
  },
};
