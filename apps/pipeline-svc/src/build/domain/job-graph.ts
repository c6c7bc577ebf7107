import type { BuildOutcome, JobId, JobOutcome, PlannedJobSummary } from '@cyclone/contracts';
import type { JobStates } from './build-state.js';

type Node = Pick<PlannedJobSummary, 'id' | 'needs' | 'runWhen'>;

export type NextForJob = { readonly jobId: JobId; readonly next: 'queue' | 'skip' };

const wentWrong = (outcome: JobOutcome): boolean =>
  outcome === 'failed' || outcome === 'timed_out' || outcome === 'cancelled' || outcome === 'lost';

/** Jobs that wait for something that does not exist, or for themselves: undefined when there is no such fault. */
export const graphFault = (jobs: readonly Node[]): string | undefined => {
  const ids = new Set(jobs.map((job) => job.id));
  if (ids.size !== jobs.length) return 'two jobs have the same id';
  for (const job of jobs) {
    const missing = job.needs.find((need) => !ids.has(need));
    if (missing !== undefined) return `job ${job.id} needs ${missing}, which is not in the plan`;
  }
  const settled = new Set<JobId>();
  let open = [...jobs];
  while (open.length > 0) {
    const free = open.filter((job) => job.needs.every((need) => settled.has(need)));
    if (free.length === 0) return `jobs wait for each other: ${open.map((job) => job.id).join(', ')}`;
    for (const job of free) settled.add(job.id);
    open = open.filter((job) => !settled.has(job.id));
  }
  return undefined;
};

/**
 * What becomes of the waiting jobs when these outcomes are known: a job is decided once all that it needs has ended.
 * Whether something went wrong is asked of all ancestors, so that a job that was skipped because of a failure skips
 * its successors, and one that was skipped because nothing failed does not.
 */
export const settleWaitingJobs = (jobs: JobStates, ended: ReadonlyMap<JobId, JobOutcome>): readonly NextForJob[] => {
  const outcomes = new Map(ended);
  const waiting: Node[] = [];
  const needsOf = new Map<JobId, readonly JobId[]>();
  for (const [id, job] of jobs) {
    needsOf.set(id, job.planned.needs);
    if (outcomes.has(id)) continue;
    if (job.status === 'ended') outcomes.set(id, job.outcome);
    if (job.status === 'waiting') waiting.push(job.planned);
  }
  const results: NextForJob[] = [];
  let undecided = waiting;
  for (;;) {
    const decidable = undecided.filter((job) => job.needs.every((need) => outcomes.has(need)));
    if (decidable.length === 0) return results;
    for (const job of decidable) {
      const next = mayRun(job, outcomes, needsOf) ? 'queue' : 'skip';
      results.push({ jobId: job.id, next });
      if (next === 'skip') outcomes.set(job.id, 'skipped');
    }
    const decided = new Set(decidable.map((job) => job.id));
    undecided = undecided.filter((job) => !decided.has(job.id));
  }
};

const mayRun = (
  job: Node,
  outcomes: ReadonlyMap<JobId, JobOutcome>,
  needsOf: ReadonlyMap<JobId, readonly JobId[]>,
): boolean => {
  if (job.runWhen === 'always') return true;
  const failed = someAncestor(job, needsOf, (ancestor) => {
    const outcome = outcomes.get(ancestor);
    return outcome !== undefined && wentWrong(outcome);
  });
  return job.runWhen === 'failure' ? failed : !failed;
};

const someAncestor = (
  job: Node,
  needsOf: ReadonlyMap<JobId, readonly JobId[]>,
  holds: (id: JobId) => boolean,
): boolean => {
  const seen = new Set<JobId>();
  const toVisit = [...job.needs];
  for (let id = toVisit.pop(); id !== undefined; id = toVisit.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (holds(id)) return true;
    toVisit.push(...(needsOf.get(id) ?? []));
  }
  return false;
};

/** The worst of the jobs decides; skipped ones decide nothing. */
export const buildOutcomeOf = (outcomes: Iterable<JobOutcome>): Exclude<BuildOutcome, 'rejected'> => {
  const seen = new Set(outcomes);
  if (seen.has('failed') || seen.has('lost')) return 'failed';
  if (seen.has('timed_out')) return 'timed_out';
  if (seen.has('cancelled')) return 'cancelled';
  return 'succeeded';
};
