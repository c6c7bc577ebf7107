import { BuildId, subjects, type CancelJobNotice } from '@cyclone/contracts';
import type { Signals } from '@cyclone/messaging';
import type { Builds } from '../build/builds.js';
import type { BuildState } from '../build/domain/build-state.js';
import type { PlanBuild } from '../planning/plan-build.js';
import type { BuildTimeouts } from '../process-managers/build-timeouts/build-timeouts.runner.js';
import type { RecordedBuildEvent } from '../recorded-events.js';
import type { DispatchReadyJobs } from '../scheduling/dispatch-ready-jobs.reactor.js';

export interface BuildReactionPorts {
  readonly builds: Builds;
  readonly planBuild: PlanBuild;
  readonly dispatch: DispatchReadyJobs;
  readonly timeouts: BuildTimeouts;
  readonly signals: Signals;
}

/** Most of a build's events: nothing follows from them, so nothing is read for them. */
const withoutReaction: ReadonlySet<RecordedBuildEvent['type']> = new Set([
  'BuildPlanned',
  'BuildRejected',
  'StepStarted',
  'StepEnded',
  'ImagePublished',
  'JobLost',
]);

/**
 * What follows from a build's event, each an idempotent effect. The process that appended reacts at once; the durable
 * consumer does the same again and is what guarantees it.
 */
export class BuildReactions {
  constructor(private readonly ports: BuildReactionPorts) {}

  /** For an event that was appended long enough ago: others may have reacted to it. */
  async reactAgain(event: RecordedBuildEvent): Promise<void> {
    if (withoutReaction.has(event.type)) return;
    const { state } = await this.ports.builds.load(BuildId.parse(event.stream.id));
    if (event.type === 'BuildRequested' && state.status !== 'requested') return;
    await this.react(event, state);
  }

  /** `state` is the build's, with this event or further. */
  async react(event: RecordedBuildEvent, state: BuildState): Promise<void> {
    const { dispatch, planBuild, timeouts } = this.ports;
    const buildId = BuildId.parse(event.stream.id);
    timeouts.note(buildId, event);
    switch (event.type) {
      case 'BuildRequested':
        return planBuild.plan(event, buildId);
      case 'JobQueued':
        return dispatch.enqueue(state, buildId, event.data.jobId, event.data.attempt);
      case 'JobClaimed':
      case 'JobEnded':
        return dispatch.forget({ buildId, jobId: event.data.jobId, attempt: event.data.attempt });
      case 'BuildCancelRequested':
        return this.#cancelRunning(buildId, state);
      case 'BuildFinished':
        return dispatch.forgetBuild(buildId);
      default:
        return undefined;
    }
  }

  /** A hint to be fast; the orders of the next heartbeat are the guarantee. */
  #cancelRunning(buildId: BuildId, state: BuildState): void {
    if (state.status !== 'open') return;
    for (const [jobId, job] of state.jobs) {
      if (job.status !== 'running') continue;
      const notice: CancelJobNotice = { buildId, jobId, attempt: job.attempt, fence: job.fence };
      this.ports.signals.send(subjects.cancelJob(job.runnerId), { data: Buffer.from(JSON.stringify(notice)) });
    }
  }
}
