import { describe, expect, it } from '@jest/globals';
import type { BuildEvent } from '@cyclone/contracts';
import fc from 'fast-check';
import {
  jobId,
  otherRunnerId,
  plannedEvent,
  requestedEvent,
  runnerId,
  stepId,
  type SampleJob,
} from '../../testing/build-samples.js';
import type { BuildCommand } from './build-commands.js';
import { buildDecider } from './build-decider.js';
import type { BuildState } from './build-state.js';

interface World {
  readonly state: BuildState;
  readonly events: readonly BuildEvent[];
}

const jobNames = ['a', 'b', 'c', 'd'] as const;

/** Any acyclic graph over the four jobs: each may need those before it. */
const jobsArbitrary: fc.Arbitrary<SampleJob[]> = fc
  .tuple(
    ...jobNames.map((_, index) =>
      fc.record({
        needs: fc.subarray(jobNames.slice(0, index)),
        runWhen: fc.constantFrom('success', 'failure', 'always'),
      }),
    ),
  )
  .map((shapes) =>
    jobNames.map((id, index) => ({
      id,
      steps: [`${id}-1`, `${id}-2`],
      needs: shapes[index]?.needs ?? [],
      runWhen: shapes[index]?.runWhen ?? 'success',
    })),
  );

/** A move names no fence: it takes the job's, or one that was fenced off, so that reports are late, doubled or strange. */
const moveArbitrary = fc.record({
  kind: fc.constantFrom('claim', 'start', 'end', 'image', 'job-end', 'lost', 'cancel', 'time-out', 'plan', 'give-up'),
  job: fc.constantFrom(...jobNames),
  step: fc.constantFrom(1, 2),
  attempt: fc.integer({ min: 1, max: 3 }),
  fenceShift: fc.constantFrom(0, 0, 0, -1, 1),
  outcome: fc.constantFrom('succeeded', 'failed', 'cancelled', 'timed_out'),
  runner: fc.constantFrom(runnerId, otherRunnerId),
});
type Move = typeof moveArbitrary extends fc.Arbitrary<infer M> ? M : never;

const reason = { code: 'any', message: 'any' };

const commandOf = (move: Move, state: BuildState, jobs: readonly SampleJob[]): BuildCommand => {
  const job = state.status === 'open' ? state.jobs.get(jobId(move.job)) : undefined;
  const fence = Math.max(1, (job?.status === 'running' ? job.fence : 3) + move.fenceShift);
  const attempt = job !== undefined && job.status !== 'waiting' && move.fenceShift === 0 ? job.attempt : move.attempt;
  const owner = { jobId: jobId(move.job), attempt, fence, stepId: stepId(`${move.job}-${move.step}`) };
  switch (move.kind) {
    case 'plan':
      return { type: 'RecordPlan', plan: plannedEvent(...jobs).data };
    case 'claim':
      return { type: 'ClaimJob', jobId: owner.jobId, attempt, runnerId: move.runner, runnerName: 'r' };
    case 'start':
      return { type: 'RecordStepStarted', step: { ...owner, startedAt: 1 } };
    case 'end':
      return { type: 'RecordStepEnded', step: { ...owner, outcome: move.outcome, ignored: false, endedAt: 2 } };
    case 'image':
      return {
        type: 'RecordImagePublished',
        image: { ...owner, repository: 'r', digest: `sha256:${'1'.repeat(64)}`, tags: [] },
      };
    case 'job-end':
      return {
        type: 'RecordJobEnded',
        jobId: owner.jobId,
        attempt,
        fence,
        outcome: move.outcome,
        at: 3,
        openSteps: move.step === 1 ? 'wait' : 'close',
      };
    case 'lost':
      return { type: 'RecordRunnerLost', jobId: owner.jobId, fence, reason, attemptsMax: 2, at: 3 };
    case 'cancel':
      return { type: 'CancelBuild', reason };
    case 'time-out':
      return { type: 'TimeOutBuild', reason };
    case 'give-up':
      return { type: 'GiveUpOnRunners', reason, at: 4 };
  }
};

const carryOut = (world: World, command: BuildCommand): World => {
  const decision = buildDecider.decide(command, world.state);
  if (decision.kind === 'rejected') return world;
  let { state } = world;
  const events = [...world.events];
  for (const event of decision.events) {
    events.push(event);
    state = buildDecider.evolve(state, { ...event, streamVersion: events.length, occurredAt: events.length });
  }
  return { state, events };
};

const begin: World = carryOut(
  { state: buildDecider.initialState, events: [] },
  { type: 'RequestBuild', request: requestedEvent.data },
);

const expectLegal = ({ state, events }: World): void => {
  const ends = events.filter((event) => event.type === 'BuildFinished');
  expect(ends.length).toBe(state.status === 'finished' ? 1 : 0);
  if (ends.length === 1) expect(events.at(-1)?.type).toBe('BuildFinished');
  const claims = new Set<number>();
  events.forEach((event, index) => {
    if (event.type === 'JobClaimed') claims.add(index + 1);
    if (event.type === 'StepStarted' || event.type === 'StepEnded') expect(claims.has(event.data.fence)).toBe(true);
  });
  for (const id of jobNames) {
    const jobEvents = events.filter((event) => 'jobId' in event.data && event.data.jobId === id);
    const ended = jobEvents.filter((event) => event.type === 'JobEnded');
    expect(ended.length).toBeLessThanOrEqual(1);
    if (ended.length === 1) expect(jobEvents.at(-1)?.type).toBe('JobEnded');
    for (const step of [1, 2].map((number) => stepId(`${id}-${number}`))) {
      const running = jobEvents.filter((event) => 'stepId' in event.data && event.data.stepId === step);
      const starts = running.filter((event) => event.type === 'StepStarted').length;
      const stepEnds = running.filter((event) => event.type === 'StepEnded').length;
      if (ended.length === 1) expect(stepEnds).toBeGreaterThanOrEqual(starts);
    }
  }
};

/** Everything that waits is brought to its end the way that a live system would. */
const settle = (world: World): World => {
  let now =
    world.state.status === 'requested'
      ? carryOut(world, { type: 'RejectBuild', rejection: { reason, problems: [] } })
      : world;
  for (let turn = 0; turn < 40 && now.state.status === 'open'; turn += 1) {
    for (const [id, job] of now.state.jobs) {
      if (job.status === 'queued')
        now = carryOut(now, { type: 'ClaimJob', jobId: id, attempt: job.attempt, runnerId, runnerName: 'r' });
      if (job.status === 'running')
        now = carryOut(now, {
          type: 'RecordJobEnded',
          jobId: id,
          attempt: job.attempt,
          fence: job.fence,
          outcome: 'succeeded',
          at: 9,
          openSteps: 'close',
        });
    }
  }
  return now;
};

describe('the life of a build', () => {
  it('is legal after any moves in any order, and always comes to exactly one end', () => {
    fc.assert(
      fc.property(
        jobsArbitrary,
        fc.array(moveArbitrary, { maxLength: 60 }),
        fc.boolean(),
        (jobs, moves, plannedFirst) => {
          let world = plannedFirst ? carryOut(begin, { type: 'RecordPlan', plan: plannedEvent(...jobs).data }) : begin;
          for (const move of moves) {
            const command = commandOf(move, world.state, jobs);
            world = carryOut(world, command);
            expectLegal(world);
            const reports = [
              'RecordStepStarted',
              'RecordStepEnded',
              'RecordJobEnded',
              'RecordRunnerLost',
              'CancelBuild',
              'TimeOutBuild',
              'GiveUpOnRunners',
            ];
            if (reports.includes(command.type))
              expect(carryOut(world, command).events.length).toBe(world.events.length);
          }
          const end = settle(world);
          expectLegal(end);
          expect(end.state.status).toBe('finished');
        },
      ),
      { numRuns: 300 },
    );
  });
});
