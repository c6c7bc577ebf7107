import type { HeldJob, StepId } from '@cyclone/contracts';
import type { EndedStep, ResumedStep } from '@cyclone/job-engine';
import type { JournalRecord, StoredAssignment, StoredReport } from './journal-record.js';

/** What a journal says of its attempt. */
export interface AttemptHistory {
  readonly held: HeldJob;
  readonly assignment: StoredAssignment;
  readonly token: string;
  readonly reports: readonly StoredReport[];
  readonly unconfirmed: readonly StoredReport[];
  readonly ended: ReadonlyMap<StepId, EndedStep>;
  readonly started: ReadonlyMap<StepId, ResumedStep>;
  readonly digests: ReadonlyMap<StepId, string>;
  /** The job's end was decided here; only its reports and logs are still on their way. */
  readonly jobEnded: boolean;
}

/** Reads a journal's records; undefined when it ends before its first line is whole. */
export const readHistory = (records: readonly JournalRecord[]): AttemptHistory | undefined => {
  const [first, ...rest] = records;
  if (first?.type !== 'claimed') return undefined;
  let token = first.assignment.token;
  const reports: StoredReport[] = [];
  const confirmed = new Set<string>();
  const ended = new Map<StepId, EndedStep>();
  const started = new Map<StepId, ResumedStep>();
  const digests = new Map<StepId, string>();
  for (const record of rest) {
    if (record.type === 'token') token = record.token;
    if (record.type === 'confirmed') for (const id of record.reportIds) confirmed.add(id);
    if (record.type !== 'report') continue;
    const { report } = record;
    reports.push(report);
    if (report.kind === 'step-started') started.set(report.stepId, { startedAt: report.startedAt });
    if (report.kind === 'step-ended') ended.set(report.stepId, { outcome: report.outcome, ignored: report.ignored });
    if (report.kind === 'image-published') digests.set(report.stepId, report.digest);
  }
  return {
    held: first.held,
    assignment: first.assignment,
    token,
    reports,
    unconfirmed: reports.filter(({ reportId }) => !confirmed.has(reportId)),
    ended,
    started: new Map([...started].filter(([stepId]) => !ended.has(stepId))),
    digests,
    jobEnded: reports.some(({ kind }) => kind === 'job-ended'),
  };
};
