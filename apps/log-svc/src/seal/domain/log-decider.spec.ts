import { describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { type EndLog, logDecider } from './log-decider.js';

const attempt = {
  projectId: ProjectId.parse('shop'),
  buildId: BuildId.parse('b1'),
  jobId: JobId.parse('j1'),
  stepId: StepId.parse('s1'),
  runnerId: RunnerId.parse('r1'),
  fence: 3,
};
const expected = { bytes: 10, lines: 1, crc32: 77, truncated: false };
const aCommand = (changes: Partial<EndLog> = {}): EndLog => ({
  attempt,
  expected,
  stored: { bytes: 10, crc32: 77, lines: 1 },
  ...changes,
});

const when = (command: EndLog, ended: readonly string[] = []) => {
  const decision = logDecider.decide(command, new Set(ended));
  return decision.kind === 'accepted' ? decision.events : [];
};

describe('the end of a log', () => {
  it('is a seal when the stored bytes sum up to what the runner counted', () => {
    expect(when(aCommand())).toEqual([
      {
        type: 'LogSealed',
        data: { projectId: 'shop', buildId: 'b1', jobId: 'j1', stepId: 's1', fence: 3, summary: expected },
      },
    ]);
  });

  it.each([
    ['bytes are missing', { bytes: 9, crc32: 77, lines: 1 }, '9 bytes are stored, the runner counted 10'],
    [
      'a byte is another',
      { bytes: 10, crc32: 78, lines: 1 },
      'the sum of the stored bytes is not the sum that the runner counted',
    ],
    ['lines differ', { bytes: 10, crc32: 77, lines: 2 }, '2 lines are stored, the runner counted 1'],
  ])('is damage when %s', (_name, stored, message) => {
    const [event] = when(aCommand({ stored }));
    expect(event).toMatchObject({
      type: 'LogDamaged',
      data: { expected, stored: { bytes: stored.bytes, crc32: stored.crc32 }, message },
    });
  });

  it('is damage when chunks never came, whatever the sums say', () => {
    expect(when(aCommand({ why: 'lost' }))).toMatchObject([{ type: 'LogDamaged', data: { message: 'lost' } }]);
  });

  it('comes once for each attempt', () => {
    expect(when(aCommand(), ['s1/3'])).toEqual([]);
    expect(when(aCommand(), ['s1/2', 's2/3'])).toHaveLength(1);
  });

  it('is remembered by step and fence', () => {
    const [event] = when(aCommand());
    if (event === undefined) throw new Error('no event');
    expect(logDecider.evolve(new Set(), { ...event, streamVersion: 1, occurredAt: 1 })).toEqual(new Set(['s1/3']));
  });
});
