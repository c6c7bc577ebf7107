import { expect } from '@jest/globals';
import { routes, type BuildId, type BuildView, type EventEnvelope } from '@cyclone/contracts';
import { eventually } from '@cyclone/testing';
import { readFeed } from './feed.js';
import type { PlatformUnderTest } from './platform.js';

/**
 * What must hold of every build whatever was killed: one end, no step begun twice, nothing after the end.
 * Reads the events themselves, so that a read model which hides a mistake is no help to it.
 */
export async function expectOneEnd(platform: PlatformUnderTest, buildId: BuildId): Promise<void> {
  // An event is listed once it has its position, which a sequencer that was just killed gives a little later.
  const items = await eventually(
    async () => {
      const page = await platform.api.call(routes.listBuildEvents, { params: { buildId }, query: { limit: 500 } });
      const types = page.items.map(({ type }) => type);
      const ends = types.filter((type) => type === 'BuildFinished').length;
      expect({ buildId, ends, last: types.at(-1) }).toEqual({ buildId, ends: 1, last: 'BuildFinished' });
      return page.items;
    },
    { timeoutMs: 30_000, intervalMs: 100 },
  );
  expect(items.map(({ streamVersion }) => streamVersion)).toEqual(items.map((_, index) => index + 1));
  for (const type of ['StepStarted', 'StepEnded']) {
    const steps = items.filter((event) => event.type === type).map(stepOf);
    expect({ type, steps: steps.toSorted() }).toEqual({ type, steps: [...new Set(steps)].toSorted() });
  }
}

const stepOf = ({ data }: EventEnvelope): string =>
  typeof data === 'object' && data !== null && 'stepId' in data ? String(data.stepId) : '';

/** The bytes of each step, read back through the public API, are these; and they are sealed and not damaged. */
export async function expectLogs(
  platform: PlatformUnderTest,
  build: BuildView,
  textOfStep: Readonly<Record<string, string>>,
): Promise<void> {
  const steps = build.jobs.flatMap((job) => job.steps);
  const index = await eventually(
    async () => {
      const { steps: logs } = await platform.api.call(routes.indexLogs, { params: { buildId: build.id } });
      const open = logs.filter(({ sealed }) => !sealed).map(({ stepId }) => stepId);
      expect({ build: build.id, open }).toEqual({ build: build.id, open: [] });
      return logs;
    },
    { timeoutMs: 40_000, intervalMs: 100 },
  );
  for (const [name, text] of Object.entries(textOfStep)) {
    const step = steps.find((candidate) => candidate.name === name);
    const log = index.find(({ stepId }) => stepId === step?.id);
    expect({ name, damaged: log?.damaged, bytes: log?.bytes }).toEqual({ name, damaged: false, bytes: text.length });
    expect(step?.log?.bytes).toBe(text.length);
    const read = await platform.api.fetch(`/api/v1/builds/${build.id}/logs/${step?.id}`);
    const got = await read.text();
    // Not `toBe`: the difference of two long logs says less than where they part.
    expect({ name, parts: firstDifference(got, text) }).toEqual({ name, parts: -1 });
  }
}

function firstDifference(left: string, right: string): number {
  if (left === right) return -1;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) if (left[index] !== right[index]) return index;
  return length;
}

/** Positions of the world are 1, 2, 3... without a gap, each stream's versions likewise, and no event is there twice. */
export async function expectGapFreeWorld(platform: PlatformUnderTest): Promise<readonly EventEnvelope[]> {
  const events = await readFeed(platform);
  const positions = [...new Set(events.map(({ position }) => position))];
  expect(positions).toEqual(positions.map((_, index) => index + 1));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const versions = new Map<string, number>();
  for (const { stream, streamVersion } of events) {
    const key = `${stream.kind}-${stream.id}`;
    expect({ key, streamVersion }).toEqual({ key, streamVersion: (versions.get(key) ?? 0) + 1 });
    versions.set(key, streamVersion);
  }
  return events;
}
