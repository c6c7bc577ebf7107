import { docker } from '../docker/docker-run.js';
import { figureOf } from '../figure.js';
import { median } from '../statistics.js';
import { inTurns, type StageMeasure } from './measure.js';
import { secondsUntilEnd } from './timing.js';

/** Answers each connection with a line; it ends at once when told to. */
const serve = 'trap exit TERM; while true; do echo hello from the service | nc -l -p 8080 & wait $!; done';
const steps = ['echo hello > note', 'nc web 8080 >> note </dev/null', 'cat note'] as const;

const pipeline = (image: string): string => `
clone: { skip: true }
services:
  web:
    image: '${image}'
    entrypoint: [/bin/sh, -c]
    command: ['${serve}']
    ready: 8080
steps:
${steps.map((command) => `  - { image: '${image}', commands: '${command}' }`).join('\n')}
`;

/** The same containers by hand: seconds until the last step has ended, and until everything is cleared away. */
async function byHand(image: string): Promise<{ readonly worked: number; readonly cleared: number }> {
  const [network, volume, service] = ['cyclone-bench-net', 'cyclone-bench-vol', 'cyclone-bench-web'];
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  await docker('network', 'create', network);
  await docker('volume', 'create', volume);
  await docker(
    'run',
    '-d',
    '--name',
    service,
    '--network',
    network,
    '--network-alias',
    'web',
    image,
    'sh',
    '-c',
    serve,
  );
  for (const command of steps) {
    const place = ['--network', network, '-v', `${volume}:/workspace`, '-w', '/workspace'];
    await docker('run', '--rm', ...place, image, 'sh', '-c', command);
  }
  const worked = elapsed();
  await docker('rm', '-f', service);
  await docker('network', 'rm', network);
  await docker('volume', 'rm', volume);
  return { worked, cleared: elapsed() };
}

/** W2: three steps that share a workspace, one of which asks a service. */
export const serviceAndWorkspace: StageMeasure = {
  id: 'w2',
  title: 'three steps with a workspace and a service',
  executor: 'docker',
  async run(stage, { rounds, image }) {
    const project = await stage.project('w2', pipeline(image));
    const { floors, works } = await inTurns(
      rounds,
      () => byHand(image),
      () => stage.build(project).then(secondsUntilEnd),
    );
    const withoutClearing = median(floors.map(({ worked }) => worked));
    return {
      figures: [
        figureOf('webhook to end of log', 's', works, {
          floor: { name: 'docker run by hand', samples: floors.map(({ cleared }) => cleared) },
          aim: { of: 'ratio', atMost: 0.8 },
        }),
      ],
      notes: [
        `The floor makes and removes network, volume and service; without the removal it is ${withoutClearing.toFixed(2)} s, and the ratio ${(median(works) / withoutClearing).toFixed(2)}. The platform removes behind the build's end.`,
      ],
    };
  },
};
