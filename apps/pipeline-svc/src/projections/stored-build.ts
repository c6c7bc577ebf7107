import { BuildId, BuildView, EpochMs, JobId, ProjectId, RunnerId } from '@cyclone/contracts';
import type { StreamProjection, ViewedEvent } from '@cyclone/event-store';
import { z } from 'zod';
import { evolveBuildTimeout, initialBuildTimeout } from '../process-managers/build-timeouts/domain/build-timeouts.js';
import { isBuildEvent } from '../recorded-events.js';
import type { HeldByRunner } from '../runners/domain/find-lost-jobs.js';
import { foldBuildView } from './build-view.projection.js';

const BuildTimeout = z.discriminatedUnion('status', [
  z.object({ status: z.literal('idle') }),
  z.object({ status: z.literal('running'), deadlineAt: EpochMs, timeoutMs: z.number() }),
  z.object({ status: z.literal('stopping'), giveUpAt: EpochMs }),
]);

/** A build's view with what the service itself asks of all builds. Lists know no positions: they come after the commit. */
export const StoredBuild = z.object({
  build: BuildView,
  open: z.boolean(),
  timeout: BuildTimeout,
  running: z.array(
    z.object({
      projectId: ProjectId,
      buildId: BuildId,
      jobId: JobId,
      fence: z.number(),
      runnerId: RunnerId,
      claimedAt: EpochMs,
    }),
  ),
});
export type StoredBuild = z.infer<typeof StoredBuild>;

export const storedBuildProjection: StreamProjection<StoredBuild> = {
  name: 'pipeline-builds',
  kind: 'build',
  evolve: (view, event) => evolveStoredBuild(view, event),
};

const evolveStoredBuild = (view: StoredBuild | undefined, event: ViewedEvent): StoredBuild => {
  if (!isBuildEvent(event)) throw new Error(`a build's stream holds no ${event.type}`);
  const build = foldBuildView(view?.build, { ...event, streamId: event.stream.id, position: undefined });
  const timeout = evolveBuildTimeout(view?.timeout ?? initialBuildTimeout, event);
  return {
    build,
    timeout,
    open: build.status !== 'finished',
    running: runningJobs(build),
  };
};

const runningJobs = (build: BuildView): HeldByRunner[] =>
  build.jobs.flatMap((job) =>
    job.status === 'running' && job.fence !== undefined && job.runnerId !== undefined
      ? [
          {
            projectId: build.projectId,
            buildId: build.id,
            jobId: job.id,
            fence: job.fence,
            runnerId: job.runnerId,
            claimedAt: job.startedAt ?? 0,
          },
        ]
      : [],
  );

/** Every list that is asked for is a range of one of these. */
export const storedBuildIndexes = [
  { key: { 'view.build.requestedAt': -1, _id: -1 } },
  { key: { 'view.build.projectId': 1, 'view.build.requestedAt': -1, _id: -1 } },
  { key: { 'view.build.projectId': 1, 'view.build.ref': 1, 'view.build.requestedAt': -1 } },
  { key: { 'view.build.sha': 1 } },
  { key: { 'view.build.status': 1, 'view.build.requestedAt': -1, _id: -1 } },
  { key: { 'view.open': 1 }, partialFilterExpression: { 'view.open': true } },
  { key: { 'view.running.runnerId': 1 }, partialFilterExpression: { 'view.open': true } },
  { key: { 'view.build.images.digest': 1, 'view.build.requestedAt': -1 }, sparse: true },
] as const;
