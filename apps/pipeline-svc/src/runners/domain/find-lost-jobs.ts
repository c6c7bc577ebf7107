import {
  leaseMs,
  type BuildId,
  type EpochMs,
  type JobId,
  type ProjectId,
  type Reason,
  type RunnerId,
} from '@cyclone/contracts';

export interface HeldByRunner {
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly fence: number;
  readonly runnerId: RunnerId;
  readonly claimedAt: EpochMs;
}

export interface LostJob extends HeldByRunner {
  readonly reason: Reason;
}

/**
 * Jobs whose runner was not heard of for a whole lease. A lease runs only while the control plane is well: after our
 * own outage every runner gets a full one again, since it was we who did not listen. All times are the database's.
 */
export const findLostJobs = (
  held: readonly HeldByRunner[],
  seenAt: ReadonlyMap<RunnerId, EpochMs>,
  wellSince: EpochMs,
  now: EpochMs,
): readonly LostJob[] =>
  held.flatMap((job) => {
    const lastSign = Math.max(seenAt.get(job.runnerId) ?? 0, job.claimedAt, wellSince);
    if (now - lastSign <= leaseMs) return [];
    const seconds = Math.round((now - lastSign) / 1000);
    return [{ ...job, reason: { code: 'runner-lost', message: `the runner was not heard of for ${seconds} s` } }];
  });

/** How long a claim may be missing from its runner's announcements: the answer to the claim may still be on its way. */
export const forgottenAfterMs = 30_000;

/** Jobs that a runner claimed and, well after, does not say that it holds: it lost its memory, and will never report. */
export const findForgottenJobs = (
  claimed: readonly HeldByRunner[],
  announced: readonly { readonly buildId: BuildId; readonly jobId: JobId; readonly fence: number }[],
  now: EpochMs,
): readonly LostJob[] =>
  claimed
    .filter((job) => now - job.claimedAt > forgottenAfterMs)
    .filter(
      (job) =>
        !announced.some(
          ({ buildId, jobId, fence }) => buildId === job.buildId && jobId === job.jobId && fence === job.fence,
        ),
    )
    .map((job) => ({ ...job, reason: { code: 'runner-forgot', message: 'the runner no longer knows of the job' } }));
