import { setTimeout as sleep } from 'node:timers/promises';
import { figure, figureOf, type Figure } from '../figure.js';
import { residentMiB } from '../platform/memory.js';
import { startPlatform } from '../platform/platform.js';
import type { OwnMeasure } from './measure.js';

const settleMs = 10_000;
const samples = 5;

/** What the platform takes when nobody wants anything of it. */
export const idleMemory: OwnMeasure = {
  id: 'memory',
  title: 'resident memory of an idle platform, all services in one process',
  async run() {
    await using platform = await startPlatform({ executor: 'scripted' });
    await sleep(settleMs);
    const pids = await platform.pids();
    const figures: Figure[] = [];
    for (const [name, pid] of Object.entries(pids)) {
      const seen: number[] = [];
      for (let sample = 0; sample < samples; sample += 1) {
        seen.push(await residentMiB(pid));
        await sleep(200);
      }
      figures.push(
        name === 'cyclone'
          ? figureOf('platform, servers apart', 'MiB', seen, { aim: { of: 'value', atMost: 200 } })
          : figure(name, 'MiB', Math.max(...seen)),
      );
    }
    return { figures, notes: [`${settleMs / 1000} s after its start.`] };
  },
};
