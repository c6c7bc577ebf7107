import { HeldJob, JobAssignment, RunnerReport } from '@cyclone/contracts';
import { z } from 'zod';

/** An assignment as it may lie on a disk: what is secret in it is asked for again after a restart. */
export const StoredAssignment = JobAssignment.omit({
  secrets: true,
  registries: true,
  source: true,
  job: true,
  environment: true,
});
export type StoredAssignment = z.infer<typeof StoredAssignment>;

/** A report without the token, which is put in when it is sent. */
const [started, ended, published, jobEnded] = RunnerReport.options;
const withoutToken = { token: true } as const;
export const StoredReport = z.discriminatedUnion('kind', [
  started.omit(withoutToken),
  ended.omit(withoutToken),
  published.omit(withoutToken),
  jobEnded.omit(withoutToken),
]);

export type StoredReport = z.infer<typeof StoredReport>;

/** One line of an attempt's journal. */
export const JournalRecord = z.discriminatedUnion('type', [
  /** The first line. The job's token is here, since only it lets a restarted runner ask for the rest; it ends with the job. */
  z.object({ type: z.literal('claimed'), held: HeldJob, assignment: StoredAssignment }),
  z.object({ type: z.literal('report'), report: StoredReport }),
  z.object({ type: z.literal('confirmed'), reportIds: z.array(z.string()) }),
  z.object({ type: z.literal('token'), token: z.string(), expiresAt: z.number() }),
]);
export type JournalRecord = z.infer<typeof JournalRecord>;
