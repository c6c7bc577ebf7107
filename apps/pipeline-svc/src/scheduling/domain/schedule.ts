import type { BuildId, EpochMs, JobId, ProjectId, RunnerId } from '@cyclone/contracts';

/** The label that names a pool; it is met by the pool itself, not by a runner's labels. */
export const poolLabel = 'pool';
export const defaultPool = 'default';

export interface QueuedJob {
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly queuedAt: EpochMs;
  /** Set while an offer of this attempt is out: it takes a slot, and is not offered again. */
  readonly offeredAt?: EpochMs | undefined;
}

export interface AvailableRunner {
  readonly runnerId: RunnerId;
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly freeSlots: number;
}

export interface Schedule {
  readonly offers: readonly { readonly job: QueuedJob; readonly pool: string }[];
  /** Why each of the others is not offered, in words for people. */
  readonly waiting: readonly { readonly job: QueuedJob; readonly reason: string }[];
}

export const poolOf = (labels: Readonly<Record<string, string>>): string => labels[poolLabel] ?? defaultPool;

/**
 * Which jobs to offer now. Projects take turns, the one with the fewest offers out first, so that a flood of one does
 * not starve the others; within a project the oldest goes first. A job that finds no runner never stands in the way of
 * one that does. Each offer takes one fitting slot, the least able runner's first, to keep special runners for those
 * that need them.
 */
export const schedule = (jobs: readonly QueuedJob[], runners: readonly AvailableRunner[]): Schedule => {
  const slots = runners.map((runner) => ({ runner, free: runner.freeSlots }));
  const out = jobs.filter((job) => job.offeredAt !== undefined);
  for (const job of out) takeSlot(job, slots);
  const load = new Map<ProjectId, number>();
  for (const job of out) load.set(job.projectId, (load.get(job.projectId) ?? 0) + 1);

  const offers: { job: QueuedJob; pool: string }[] = [];
  const waiting: { job: QueuedJob; reason: string }[] = [];
  const lines = linesByProject(jobs.filter((job) => job.offeredAt === undefined));
  for (let line = nextLine(lines, load); line !== undefined; line = nextLine(lines, load)) {
    const job = line.shift();
    if (job === undefined) continue;
    if (takeSlot(job, slots)) {
      offers.push({ job, pool: poolOf(job.labels) });
      load.set(job.projectId, (load.get(job.projectId) ?? 0) + 1);
    } else {
      waiting.push({
        job,
        reason: explainWaiting(
          job.labels,
          slots.map(({ runner, free }) => ({ ...runner, freeSlots: free })),
        ),
      });
    }
  }
  return { offers, waiting };
};

interface Slot {
  readonly runner: AvailableRunner;
  free: number;
}

const takeSlot = (job: QueuedJob, slots: readonly Slot[]): boolean => {
  let best: Slot | undefined;
  for (const slot of slots) {
    if (slot.free <= 0 || !fits(job.labels, slot.runner)) continue;
    if (best === undefined || labelCount(slot.runner) < labelCount(best.runner)) best = slot;
  }
  if (best === undefined) return false;
  best.free -= 1;
  return true;
};

const labelCount = (runner: AvailableRunner): number => Object.keys(runner.labels).length;

const missingLabels = (labels: QueuedJob['labels'], runner: AvailableRunner): string[] =>
  Object.entries(labels)
    .filter(([name, value]) => name !== poolLabel && runner.labels[name] !== value)
    .map(([name, value]) => `${name}=${value}`);

const fits = (labels: QueuedJob['labels'], runner: AvailableRunner): boolean =>
  runner.pool === poolOf(labels) && missingLabels(labels, runner).length === 0;

const linesByProject = (jobs: readonly QueuedJob[]): Map<ProjectId, QueuedJob[]> => {
  const lines = new Map<ProjectId, QueuedJob[]>();
  const oldestFirst = [...jobs].sort((a, b) => a.queuedAt - b.queuedAt || keyOf(a).localeCompare(keyOf(b)));
  for (const job of oldestFirst) {
    const line = lines.get(job.projectId);
    if (line === undefined) lines.set(job.projectId, [job]);
    else line.push(job);
  }
  return lines;
};

const keyOf = (job: QueuedJob): string => `${job.buildId}.${job.jobId}`;

/** The line of the project with the least out; of equals the one whose first job waits longest. */
const nextLine = (
  lines: Map<ProjectId, QueuedJob[]>,
  load: ReadonlyMap<ProjectId, number>,
): QueuedJob[] | undefined => {
  let best: { line: QueuedJob[]; load: number; since: number } | undefined;
  for (const [projectId, line] of lines) {
    const first = line[0];
    if (first === undefined) continue;
    const candidate = { line, load: load.get(projectId) ?? 0, since: first.queuedAt };
    if (
      best === undefined ||
      candidate.load < best.load ||
      (candidate.load === best.load && candidate.since < best.since)
    ) {
      best = candidate;
    }
  }
  return best?.line;
};

/** Why a job with these labels is not offered, in words for people. */
export const explainWaiting = (labels: QueuedJob['labels'], runners: readonly AvailableRunner[]): string => {
  const pool = poolOf(labels);
  const inPool = runners.filter((runner) => runner.pool === pool);
  if (inPool.length === 0) return `no runner of pool ${pool} is online`;
  const fitting = inPool.filter((runner) => fits(labels, runner));
  if (fitting.some((runner) => runner.freeSlots > 0)) return `a runner of pool ${pool} is about to take it`;
  if (fitting.length > 0) return `all slots of the ${fitting.length} fitting runner(s) of pool ${pool} are taken`;
  const missing = inPool.map((runner) => missingLabels(labels, runner)).sort((a, b) => a.length - b.length)[0] ?? [];
  return `no runner of pool ${pool} carries ${missing.join(', ')}`;
};
