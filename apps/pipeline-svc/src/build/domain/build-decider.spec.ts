import { describe, it } from '@jest/globals';
import { deciderSpec } from '@cyclone/event-store/testing';
import {
  claimed,
  digest,
  finished,
  jobEnded,
  jobId,
  otherRunnerId,
  plannedEvent,
  queued,
  requestedEvent,
  runnerId,
  stepEnded,
  stepId,
  stepStarted,
} from '../../testing/build-samples.js';
import type { BuildCommand } from './build-commands.js';
import { buildDecider } from './build-decider.js';

const { given } = deciderSpec(buildDecider);
const skippedReason = {
  code: 'condition-not-met',
  message: 'what the job needs did not end the way that it waits for',
};
const wish = { code: 'asked', message: 'not needed any more' };
const gone = { code: 'lease-lost', message: 'not heard of' };

const plan = plannedEvent({ id: 'compile' }, { id: 'ship', needs: ['compile'] });
/** Fence of the first claim: its version in this history. */
const fence = 4;
const running = [requestedEvent, plan, queued('compile'), claimed('compile')];
const endJob = (
  outcome: 'succeeded' | 'failed',
  over: { fence?: number; attempt?: number; openSteps?: 'wait' | 'close' } = {},
): BuildCommand => ({
  type: 'RecordJobEnded',
  jobId: jobId('compile'),
  attempt: 1,
  fence,
  outcome,
  at: 300,
  openSteps: 'close',
  ...over,
});
const claim = (runner = runnerId, attempt = 1): BuildCommand => ({
  type: 'ClaimJob',
  jobId: jobId('compile'),
  attempt,
  runnerId: runner,
  runnerName: runner,
});
const lose = (attemptsMax: number): BuildCommand => ({
  type: 'RecordRunnerLost',
  jobId: jobId('compile'),
  fence,
  reason: gone,
  attemptsMax,
  at: 300,
});
const lost = { type: 'JobLost', data: { jobId: jobId('compile'), attempt: 1, fence, runnerId, reason: gone } } as const;

describe('requesting and planning a build', () => {
  it('is requested once', () => {
    given().when({ type: 'RequestBuild', request: requestedEvent.data }).then(requestedEvent);
    given(requestedEvent).when({ type: 'RequestBuild', request: requestedEvent.data }).thenNothing();
  });
  it('queues the jobs that need nothing', () => {
    given(requestedEvent).when({ type: 'RecordPlan', plan: plan.data }).then(plan, queued('compile'));
  });
  it('keeps the first plan', () => {
    given(...running)
      .when({ type: 'RecordPlan', plan: plan.data })
      .thenNothing();
    given(...running)
      .when({ type: 'RejectBuild', rejection: { reason: wish, problems: [] } })
      .thenNothing();
  });
  it('refuses jobs that wait for each other', () => {
    const circle = plannedEvent({ id: 'a', needs: ['b'] }, { id: 'b', needs: ['a'] });
    given(requestedEvent).when({ type: 'RecordPlan', plan: circle.data }).thenRejected('plan-graph-broken');
  });
  it('refuses a plan of a build that nobody requested', () => {
    given().when({ type: 'RecordPlan', plan: plan.data }).thenRejected('build-not-found');
  });
  it('ends at once when it is rejected', () => {
    given(requestedEvent)
      .when({ type: 'RejectBuild', rejection: { reason: wish, problems: [] } })
      .then(
        { type: 'BuildRejected', data: { reason: wish, problems: [] } },
        { type: 'BuildFinished', data: { outcome: 'rejected', reason: wish } },
      );
  });
  it('skips a job that waits for a failure when there is nothing that could fail', () => {
    const tidy = plannedEvent({ id: 'tidy', runWhen: 'failure' });
    given(requestedEvent)
      .when({ type: 'RecordPlan', plan: tidy.data })
      .then(tidy, jobEnded('tidy', 'skipped', skippedReason), finished('succeeded'));
  });
});

describe('claiming a job', () => {
  it('gives a queued job to the first runner', () => {
    given(requestedEvent, plan, queued('compile')).when(claim()).then(claimed('compile'));
  });
  it('answers the same runner again without another event', () => {
    given(...running)
      .when(claim())
      .thenNothing();
  });
  it('refuses another runner, another attempt, a job that is not ready and one that is not there', () => {
    given(...running)
      .when(claim(otherRunnerId))
      .thenRejected('job-not-available');
    given(requestedEvent, plan, queued('compile')).when(claim(runnerId, 2)).thenRejected('job-not-available');
    given(...running)
      .when({ type: 'ClaimJob', jobId: jobId('ship'), attempt: 1, runnerId, runnerName: 'r' })
      .thenRejected('job-not-available');
    given(...running)
      .when({ type: 'ClaimJob', jobId: jobId('none'), attempt: 1, runnerId, runnerName: 'r' })
      .thenRejected('job-not-available');
  });
  it('refuses a job of a cancelled build', () => {
    given(
      requestedEvent,
      { type: 'BuildCancelRequested', data: { reason: wish, outcome: 'cancelled' } },
      finished('cancelled'),
    )
      .when(claim())
      .thenRejected('job-not-available');
  });
});

describe('reports of the attempt that owns the job', () => {
  const start = stepStarted('compile', 'compile-test', fence);
  const end = stepEnded('compile', 'compile-test', fence);
  it('record a step once, from start to end', () => {
    given(...running)
      .when({ type: 'RecordStepStarted', step: start.data })
      .then(start);
    given(...running, start)
      .when({ type: 'RecordStepStarted', step: start.data })
      .thenNothing();
    given(...running, start)
      .when({ type: 'RecordStepEnded', step: end.data })
      .then(end);
    given(...running, start, end)
      .when({ type: 'RecordStepEnded', step: end.data })
      .thenNothing();
  });
  it('may end a step whose start was never told, and the late start is nothing', () => {
    given(...running)
      .when({ type: 'RecordStepEnded', step: end.data })
      .then(end);
    given(...running, end)
      .when({ type: 'RecordStepStarted', step: start.data })
      .thenNothing();
  });
  it('queue what needed the job when it succeeded', () => {
    given(...running, start, end)
      .when(endJob('succeeded'))
      .then(jobEnded('compile', 'succeeded'), queued('ship'));
  });
  it('skip what needed the job when it failed, and end the build in the same commit', () => {
    given(...running, start, stepEnded('compile', 'compile-test', fence, 'failed'))
      .when(endJob('failed'))
      .then(jobEnded('compile', 'failed'), jobEnded('ship', 'skipped', skippedReason), finished('failed'));
  });
  it('leave no step running behind an ended job', () => {
    given(...running, start)
      .when(endJob('failed'))
      .then(
        {
          type: 'StepEnded',
          data: {
            jobId: jobId('compile'),
            attempt: 1,
            fence,
            stepId: stepId('compile-test'),
            outcome: 'cancelled',
            reason: { code: 'job-ended', message: 'the job ended before the step did' },
            ignored: false,
            startedAt: 100,
            endedAt: 300,
          },
        },
        jobEnded('compile', 'failed'),
        jobEnded('ship', 'skipped', skippedReason),
        finished('failed'),
      );
  });
  it('wait for the reports of steps that overtook them', () => {
    const wait = { openSteps: 'wait' } as const;
    given(...running, start)
      .when(endJob('failed', wait))
      .thenRejected('steps-still-open');
    given(...running)
      .when(endJob('succeeded', wait))
      .thenRejected('steps-still-open');
    given(...running, start, stepEnded('compile', 'compile-test', fence, 'succeeded'))
      .when(endJob('succeeded', wait))
      .then(jobEnded('compile', 'succeeded'), queued('ship'));
  });
  it('wait for no step of a job that failed before they began', () => {
    given(...running)
      .when(endJob('failed', { openSteps: 'wait' }))
      .then(jobEnded('compile', 'failed'), jobEnded('ship', 'skipped', skippedReason), finished('failed'));
  });
  it('record a published image', () => {
    const image = {
      jobId: jobId('compile'),
      attempt: 1,
      fence,
      stepId: stepId('compile-test'),
      repository: 'r/shop',
      digest,
      tags: ['1'],
    };
    given(...running)
      .when({ type: 'RecordImagePublished', image })
      .then({ type: 'ImagePublished', data: image });
    given(...running)
      .when({ type: 'RecordImagePublished', image: { ...image, fence: 3 } })
      .thenNothing();
  });
});

describe('reports that own nothing', () => {
  it('decide to nothing with another fence, another attempt, or after the end', () => {
    given(...running)
      .when(endJob('succeeded', { fence: 3 }))
      .thenNothing();
    given(...running)
      .when(endJob('succeeded', { attempt: 2 }))
      .thenNothing();
    given(...running, jobEnded('compile', 'failed'), jobEnded('ship', 'skipped'), finished('failed'))
      .when(endJob('succeeded'))
      .thenNothing();
    given().when(endJob('succeeded')).thenNothing();
  });
});

describe('a runner that is lost', () => {
  it('is fenced off, and the job queued again', () => {
    given(...running)
      .when(lose(3))
      .then(lost, queued('compile', 2));
  });
  it('can report nothing more', () => {
    given(...running, lost, queued('compile', 2))
      .when(endJob('succeeded'))
      .thenNothing();
    given(...running, lost, queued('compile', 2), claimed('compile', 2, otherRunnerId))
      .when(endJob('succeeded'))
      .thenNothing();
    given(...running, lost, queued('compile', 2), claimed('compile', 2, otherRunnerId))
      .when(lose(3))
      .thenNothing();
  });
  it('ends the job when there were attempts enough', () => {
    given(...running)
      .when(lose(1))
      .then(lost, jobEnded('compile', 'lost', gone), jobEnded('ship', 'skipped', skippedReason), finished('failed'));
  });
  it('ends the job of a build that was told to stop', () => {
    const asked = { type: 'BuildCancelRequested', data: { reason: wish, outcome: 'cancelled' } } as const;
    given(...running, asked, jobEnded('ship', 'cancelled', wish))
      .when(lose(3))
      .then(lost, jobEnded('compile', 'cancelled', gone), {
        type: 'BuildFinished',
        data: { outcome: 'cancelled', reason: wish },
      });
  });
});

describe('stopping a build', () => {
  const cancel: BuildCommand = { type: 'CancelBuild', reason: wish };
  const asked = { type: 'BuildCancelRequested', data: { reason: wish, outcome: 'cancelled' } } as const;
  const end = { type: 'BuildFinished', data: { outcome: 'cancelled', reason: wish } } as const;
  const stopping = [...running, asked, jobEnded('ship', 'cancelled', wish)];
  it('ends one that is not planned yet, and refuses its plan', () => {
    given(requestedEvent).when(cancel).then(asked, end);
    given(requestedEvent, asked, end).when({ type: 'RecordPlan', plan: plan.data }).thenNothing();
  });
  it('ends waiting and queued jobs at once', () => {
    given(requestedEvent, plan, queued('compile'))
      .when(cancel)
      .then(asked, jobEnded('compile', 'cancelled', wish), jobEnded('ship', 'cancelled', wish), end);
  });
  it('leaves running jobs to their runners', () => {
    given(...running)
      .when(cancel)
      .then(asked, jobEnded('ship', 'cancelled', wish));
    given(...stopping)
      .when(endJob('failed'))
      .then(jobEnded('compile', 'failed'), end);
  });
  it('asks once, and refuses when the build is over', () => {
    given(...stopping)
      .when(cancel)
      .thenNothing();
    given(requestedEvent, asked, end).when(cancel).thenRejected('build-already-finished');
    given().when(cancel).thenRejected('build-not-found');
  });
  it('ends as timed out by its deadline, also when nothing was planned', () => {
    const late = { code: 'build-timed-out', message: 'too long' };
    given(requestedEvent)
      .when({ type: 'TimeOutBuild', reason: late })
      .then(
        { type: 'BuildCancelRequested', data: { reason: late, outcome: 'timed_out' } },
        { type: 'BuildFinished', data: { outcome: 'timed_out', reason: late } },
      );
    given(requestedEvent, asked, end).when({ type: 'TimeOutBuild', reason: late }).thenNothing();
  });
  it('goes on without runners that do not answer, but only then', () => {
    const giveUp: BuildCommand = { type: 'GiveUpOnRunners', reason: gone, at: 400 };
    given(...stopping)
      .when(giveUp)
      .then(jobEnded('compile', 'cancelled', gone), end);
    given(...running)
      .when(giveUp)
      .thenNothing();
  });
});
