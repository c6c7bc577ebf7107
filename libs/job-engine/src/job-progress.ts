import type { PlannedJob, PlannedStep, Reason, ServiceId, StepId, StepOutcome } from '@cyclone/contracts';

export interface EndedStep {
  readonly outcome: StepOutcome;
  readonly ignored: boolean;
}

/** What is known of the steps that began or ended; the others wait. */
export interface JobProgress {
  readonly running: ReadonlySet<StepId>;
  readonly ended: ReadonlyMap<StepId, EndedStep>;
  /** Set when nothing more may start. */
  readonly stopping?: { readonly outcome: 'cancelled' | 'timed_out'; readonly reason: Reason };
}

export interface StepSkip {
  readonly stepId: StepId;
  readonly reason: Reason;
}

const brokeSomething = (end: EndedStep): boolean =>
  !end.ignored && (end.outcome === 'failed' || end.outcome === 'timed_out' || end.outcome === 'cancelled');

export const hasFailed = (progress: JobProgress): boolean => [...progress.ended.values()].some(brokeSomething);

/** Waiting steps of which everything they need has ended. */
const decidable = (job: PlannedJob, progress: JobProgress): PlannedStep[] =>
  job.steps.filter(
    (step) =>
      !progress.running.has(step.id) &&
      !progress.ended.has(step.id) &&
      (progress.stopping !== undefined || step.needs.every((need) => progress.ended.has(need))),
  );

/**
 * Steps that will never run as things stand. A step looks at the whole job so far, not only at what it needs: after a
 * failure only `failure` and `always` steps begin; when everything it waits for has ended well, a `failure` step is over.
 */
export const stepsToSkip = (job: PlannedJob, progress: JobProgress): StepSkip[] => {
  const failed = hasFailed(progress);
  return decidable(job, progress).flatMap((step): StepSkip[] => {
    if (progress.stopping !== undefined) return [{ stepId: step.id, reason: progress.stopping.reason }];
    if (step.runWhen === 'success' && failed) {
      return [{ stepId: step.id, reason: { code: 'earlier-failure', message: 'An earlier step of the job failed.' } }];
    }
    if (step.runWhen === 'failure' && !failed) {
      return [
        {
          stepId: step.id,
          reason: { code: 'no-failure', message: 'It runs only when something failed; nothing did.' },
        },
      ];
    }
    return [];
  });
};

/** Steps that may begin now, in the plan's order. Ask after {@link stepsToSkip} has nothing more to say. */
export const stepsToStart = (job: PlannedJob, progress: JobProgress, parallelMax: number): PlannedStep[] =>
  progress.stopping === undefined
    ? decidable(job, progress).slice(0, Math.max(0, parallelMax - progress.running.size))
    : [];

/** Steps that would begin if everything that runs now ended well: worth preparing. */
export const stepsToExpect = (job: PlannedJob, progress: JobProgress, parallelMax: number): PlannedStep[] => {
  if (progress.stopping !== undefined || hasFailed(progress)) return [];
  return job.steps
    .filter(
      (step) =>
        step.runWhen !== 'failure' &&
        !progress.running.has(step.id) &&
        !progress.ended.has(step.id) &&
        step.needs.some((need) => progress.running.has(need)) &&
        step.needs.every((need) => progress.running.has(need) || progress.ended.has(need)),
    )
    .slice(0, parallelMax);
};

/** Services that no step will use any more. */
export const servicesToStop = (job: PlannedJob, progress: JobProgress): ServiceId[] =>
  job.services
    .filter((service) => service.usedBy.every((step) => progress.ended.has(step)))
    .map((service) => service.id);

export interface JobEnd {
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'timed_out';
  readonly reason?: Reason;
}

/** The job's end, once every step has one. */
export const jobEnd = (job: PlannedJob, progress: JobProgress): JobEnd | undefined => {
  if (job.steps.some((step) => !progress.ended.has(step.id))) return undefined;
  if (progress.stopping !== undefined) return progress.stopping;
  const broken = job.steps.filter((step) => {
    const end = progress.ended.get(step.id);
    return end !== undefined && brokeSomething(end);
  });
  if (broken.length === 0) return { outcome: 'succeeded' };
  const names = broken
    .slice(0, 5)
    .map((step) => `"${step.name}"`)
    .join(', ');
  return {
    outcome: 'failed',
    reason: { code: 'step-failed', message: `${broken.length === 1 ? 'Step' : 'Steps'} ${names} failed.` },
  };
};
