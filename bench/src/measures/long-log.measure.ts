import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerInto } from '../docker/docker-run.js';
import { figure, figureOf } from '../figure.js';
import type { ObservedBuild } from '../platform/stage.js';
import { median } from '../statistics.js';
import { inTurns, secondsOf, type StageMeasure } from './measure.js';
import { secondsUntilEnd } from './timing.js';

const lines = 200_000;
/** Numbered, so that a lost, repeated or moved line changes the digest; 100 characters with the newline. */
const command = `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) printf "%099d\\n", i }'`;

const pipeline = (image: string): string => `
clone: { skip: true }
steps:
  - image: '${image}'
    commands: |-
      ${command}
`;

/** W3: a log of 20 MB, from the webhook until a client has the last byte. */
export const longLog: StageMeasure = {
  id: 'w3',
  title: `one step that prints ${lines.toLocaleString('en')} lines of 100 characters`,
  executor: 'docker',
  async run(stage, { rounds, image, folder }) {
    const project = await stage.project('w3', pipeline(image));
    const path = join(folder, 'floor.log');
    const { floors, works } = await inTurns(
      rounds,
      () => secondsOf(() => dockerInto(path, 'run', '--rm', image, 'sh', '-c', command)),
      () => stage.build(project),
    );
    const expected = await expectedDigest(path);
    const different = works.filter((build) => digestOf(build) !== expected).length;
    const seconds = works.map(secondsUntilEnd);
    return {
      figures: [
        figureOf('webhook to last byte at the client', 's', seconds, {
          floor: { name: 'docker run into a file', samples: floors },
          aim: { of: 'ratio', atMost: 1.25 },
        }),
        figure('logs with a byte lost, repeated or moved', '', different, { aim: { of: 'value', atMost: 0 } }),
      ],
      notes: [`${((lines * 100) / 1e6 / median(seconds)).toFixed(1)} MB/s end to end.`],
    };
  },
};

/** What `docker run` wrote, after the line by which the platform shows the command. */
async function expectedDigest(path: string): Promise<string> {
  const written = await readFile(path);
  return createHash('sha256').update(`+ ${command}\n`).update(written).digest('hex');
}

function digestOf({ log }: ObservedBuild): string | undefined {
  const [step, ...more] = [...log.steps.values()].filter(({ bytes }) => bytes > 0);
  return more.length === 0 ? step?.digest : undefined;
}
