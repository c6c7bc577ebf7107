import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventEnvelope, readEventData, type BuildView } from '@cyclone/contracts';
import type { RecordedEvent } from '@cyclone/event-store';
import { z } from 'zod';
import { foldBuildView } from '../../projections/build-view.projection.js';
import { isBuildEvent } from '../../recorded-events.js';
import { buildId } from '../../testing/build-samples.js';
import { buildDecider } from '../domain/build-decider.js';

/** Streams as a release wrote them, with the view that they came to. Never edited: new ones are added. */
const Recording = z.object({
  events: z.array(EventEnvelope.pick({ type: true, version: true, streamVersion: true, occurredAt: true, data: true })),
  view: z.unknown(),
});

const about = EventEnvelope.omit({ position: true }).parse({
  id: 'e1',
  type: '-',
  version: 1,
  occurredAt: 0,
  stream: { kind: 'build', id: buildId },
  streamVersion: 1,
  tenant: 'shop',
  actor: { kind: 'system', id: 'spec' },
  trace: { correlationId: 'c' },
  data: {},
});

const folder = import.meta.dirname;
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('a recorded stream', () => {
  it.each(names)('still comes to what it came to: %s', (name) => {
    const recording = Recording.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    let state = buildDecider.initialState;
    let view: BuildView | undefined;
    for (const recorded of recording.events) {
      const event: RecordedEvent = {
        ...about,
        ...recorded,
        data: readEventData(recorded.type, recorded.version, recorded.data),
      };
      if (!isBuildEvent(event)) throw new Error(`${event.type} is no event of a build`);
      state = buildDecider.evolve(state, event);
      view = foldBuildView(view, { ...event, streamId: buildId, position: event.streamVersion });
    }
    expect(state.status).toBe('finished');
    expect(view).toEqual(recording.view);
  });
});
