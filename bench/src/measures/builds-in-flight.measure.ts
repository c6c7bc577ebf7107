import { figure, figureOf, type Figure } from '../figure.js';
import { residentMiB } from '../platform/memory.js';
import { Stage } from '../platform/stage.js';
import { momentOf, stepTimes } from '../platform/timeline.js';
import { mostAtOnce } from '../statistics.js';
import type { OwnMeasure } from './measure.js';

const builds = 1_000;
const senders = 20;
/** Long enough for all to have begun before the first has ended. */
const stepMs = 90_000;
const sampleMs = 1_000;

const pipeline = `
clone: { skip: true }
steps:
  - { image: none, commands: x, environment: { SCRIPT_OUTPUT: hello, SCRIPT_DELAY_MS: '${stepMs}' } }
`;

/** A thousand builds that all run at the same time, triggered as fast as their hooks are answered. */
export const buildsInFlight: OwnMeasure = {
  id: 'scale',
  title: `${builds.toLocaleString('en')} builds in flight on the scripted executor`,
  onlyWhenNamed: true,
  async run({ say }) {
    await using stage = await Stage.open({ executor: 'scripted', slots: builds });
    const project = await stage.project('scale', pipeline);
    const memory = watchMemory(await stage.platform.pids());
    const begun = Date.now();
    let left = builds;
    const observed = await Promise.all(
      Array.from({ length: senders }, async () => {
        const own: ReturnType<Stage['buildUnwatched']>[] = [];
        for (; left > 0;) {
          left -= 1;
          const build = await stage.send(project);
          own.push(build.done);
        }
        return Promise.all(own);
      }),
    ).finally(() => memory.stop());
    const all = observed.flat();
    const lastAnswered = Math.max(...all.map(({ push }) => push.answeredAt));
    say(`all webhooks were answered after ${((lastAnswered - begun) / 1000).toFixed(1)} s`);
    const running = all.map(({ events }) => ({
      from: momentOf(events, 'JobClaimed'),
      to: momentOf(events, 'BuildFinished'),
    }));
    const lastStarted = Math.max(...running.map(({ from }) => from));
    const answered = all.map(({ push }) => push.answeredAt - push.sentAt);
    const claimed = all.map(({ push, events }) => momentOf(events, 'JobClaimed') - push.sentAt);
    const late = all.map(
      ({ events }) => momentOf(events, 'BuildFinished') - (stepTimes(events)[0]?.endedAt ?? Number.NaN),
    );
    return {
      figures: [
        figure('builds running at the same moment', '', mostAtOnce(running)),
        figure('webhooks answered', '/s', builds / ((lastAnswered - begun) / 1000)),
        figureOf('a webhook to its answer', 'ms', answered),
        figure('builds begun', '/s', builds / ((lastStarted - begun) / 1000)),
        figureOf('webhook to claimed', 'ms', claimed),
        figureOf('end of a step to end of its build', 'ms', late),
        ...memory.most(),
      ],
      notes: [`Each step takes ${stepMs / 1000} s; ${senders} senders.`],
    };
  },
};

function watchMemory(pids: Readonly<Record<string, number>>): { stop(): void; most(): readonly Figure[] } {
  const most = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const [name, pid] of Object.entries(pids))
      most.set(name, Math.max(most.get(name) ?? 0, await residentMiB(pid)));
  };
  const timer = setInterval(() => void look().catch(() => clearInterval(timer)), sampleMs);
  return {
    stop: () => clearInterval(timer),
    most: () => [...most].map(([name, value]) => figure(`most memory of ${name}`, 'MiB', value)),
  };
}
