import { createHash } from 'node:crypto';
import type { HeldJob, JobAssignment, LogConfirmation, RunnerId, StepId } from '@cyclone/contracts';
import {
  runJob,
  type Executor,
  type ImageBuilder,
  type JobInput,
  type JobObserver,
  type LogChunkSink,
  type ResumeState,
  type StopCause,
} from '@cyclone/job-engine';
import type { Publisher } from '@cyclone/messaging';
import type { Logger } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import type { AttemptHistory } from '../journal/attempt-history.js';
import type { AttemptJournal } from '../journal/attempt-journal.js';
import { StoredReport } from '../journal/journal-record.js';
import { LogSpool } from '../journal/log-spool.js';
import { LogShipper } from '../shipping/log-shipper.js';
import { ReportShipper } from '../shipping/report-shipper.js';
import type { SpoolBudget } from '../shipping/spool-budget.js';

export interface AttemptPorts {
  readonly runnerId: RunnerId;
  readonly executor: Executor;
  readonly images: ImageBuilder;
  readonly publisher: Publisher;
  readonly budget: SpoolBudget;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
  readonly resendMs: number;
  readonly now: () => number;
  /** Resolves when the control plane is heard of. */
  readonly whenConnected: (signal: AbortSignal) => Promise<void>;
}

type ReportPart<Kind> = Kind extends StoredReport['kind']
  ? Omit<Extract<StoredReport, { kind: Kind }>, keyof ReturnType<Attempt['common']> | 'kind'>
  : never;

const never = new Promise<never>(() => undefined);

/**
 * One attempt at a job on this runner, from its claim until the control plane has taken in its last report and log byte.
 * Everything it says goes to its journal first.
 */
export class Attempt {
  readonly held: HeldJob;
  private readonly reports: ReportShipper;
  private readonly logs = new Map<StepId, LogShipper>();
  private readonly stopJob = new AbortController();
  private readonly logger: Logger;
  private token: string;
  private reportCount: number;
  private dropped = false;
  /** The process goes down: nothing more may be written or told, as if it had been killed. */
  private frozen = false;
  private ran = false;

  constructor(
    private readonly ports: AttemptPorts,
    private readonly journal: AttemptJournal,
    history: AttemptHistory,
    private readonly projectId: JobAssignment['projectId'],
  ) {
    this.held = history.held;
    this.token = history.token;
    this.reportCount = history.reports.length;
    this.logger = ports.logger.child({ buildId: this.held.buildId, jobId: this.held.jobId, fence: this.held.fence });
    this.reports = new ReportShipper({
      publisher: ports.publisher,
      token: () => this.token,
      resendMs: ports.resendMs,
      confirmed: (reportIds) => this.record({ type: 'confirmed', reportIds: [...reportIds] }),
      failed: (error) => this.logger.warn('a report could not be sent; it will be again', { error }),
    });
    for (const report of history.unconfirmed) this.reports.add(report);
  }

  /** Whether the job still needs its slot. */
  get running(): boolean {
    return !this.ran;
  }

  /** Takes up the logs that an earlier process had on its way. */
  async reopenLogs(): Promise<void> {
    for (const stepId of await LogSpool.steps(this.journal.folder)) this.logs.set(stepId, await this.openLog(stepId));
  }

  /** Runs the job to its end, which is reported; then resolves when its room is free again. */
  async run(assignment: JobAssignment, resume: ResumeState | undefined): Promise<void> {
    const { executor, images } = this.ports;
    const logs = await this.openLogs(assignment);
    const input: JobInput = assignment;
    try {
      const result = await runJob(
        input,
        { executor, images, observer: this.observer(logs) },
        { signal: this.stopJob.signal, resume, now: this.ports.now },
      );
      await this.report('job-ended', { outcome: result.outcome, reason: result.reason });
      this.logger.info('the job ended', { outcome: result.outcome });
      await result.destroyed.catch((error: unknown) =>
        this.logger.warn('traces of the job remain; the sweeper will find them', { error }),
      );
    } catch (error) {
      this.logger.error('the job broke', { error });
      await this.report('job-ended', {
        outcome: 'failed',
        reason: { code: 'runner-failed', message: 'The runner could not go on with the job.' },
      });
    } finally {
      this.ran = true;
    }
  }

  /** For an attempt whose job had ended before this process began. */
  skipRun(): void {
    this.ran = true;
  }

  /** Resolves when everybody has everything; the attempt's folder is gone then. */
  async settle(): Promise<void> {
    await this.reports.drained();
    await Promise.all([...this.logs.values()].map((log) => log.done()));
    if (this.frozen) return never;
    await this.closeShippers();
    await this.journal.remove();
  }

  cancel(cause: StopCause): void {
    this.stopJob.abort(cause);
  }

  /** Another attempt owns the job, or the build is over: stop, and tell nobody. */
  drop(): void {
    if (this.dropped || this.ran) return;
    this.dropped = true;
    this.logger.info('the attempt is dropped: the control plane does not want it any more');
    this.reports.discard();
    for (const log of this.logs.values()) log.discard();
    this.stopJob.abort();
  }

  async renewToken(token: string, expiresAt: number): Promise<void> {
    if (token === this.token) return;
    this.token = token;
    await this.record({ type: 'token', token, expiresAt });
  }

  confirmReports(reportIds: readonly string[]): Promise<void> {
    return this.reports.confirm(reportIds);
  }

  confirmLog(confirmation: LogConfirmation): void {
    this.logs.get(confirmation.stepId)?.confirm(confirmation);
  }

  /** Leaves everything as it is, for the next process to take up. */
  async freeze(): Promise<void> {
    this.frozen = true;
    await this.closeShippers();
    await this.journal.close();
  }

  private async closeShippers(): Promise<void> {
    this.reports.stop();
    await Promise.all([...this.logs.values()].map((log) => log.stop()));
  }

  private async openLogs(assignment: JobAssignment): Promise<ReadonlyMap<StepId, () => Promise<LogShipper>>> {
    return new Map(
      assignment.job.steps.map(({ id }) => [
        id,
        async () => {
          const known = this.logs.get(id) ?? (await this.openLog(id));
          this.logs.set(id, known);
          return known;
        },
      ]),
    );
  }

  private openLog(stepId: StepId): Promise<LogShipper> {
    const { publisher, budget, runnerId, resendMs, now } = this.ports;
    const parts = {
      publisher,
      budget,
      runnerId,
      resendMs,
      now,
      projectId: this.projectId,
      held: this.held,
      token: () => this.token,
      failed: (error: unknown) => this.logger.debug('a log message could not be sent; it will be again', { error }),
    };
    return LogShipper.open(parts, this.journal.folder, stepId);
  }

  /** Where a log stands: what the engine goes on from. */
  positionOf(stepId: StepId) {
    return this.logs.get(stepId)?.position;
  }

  private observer(logs: ReadonlyMap<StepId, () => Promise<LogShipper>>): JobObserver {
    return {
      logSink: (stepId) => this.sink(stepId, logs),
      stepStarted: (start) => this.report('step-started', start),
      stepEnded: (end) => this.report('step-ended', end),
      imagePublished: ({ tags, ...image }) => this.report('image-published', { ...image, tags: [...tags] }),
      permitPublish: (signal) => this.ports.whenConnected(signal),
    };
  }

  private sink(stepId: StepId, logs: ReadonlyMap<StepId, () => Promise<LogShipper>>): LogChunkSink {
    const open = (): Promise<LogShipper> =>
      logs.get(stepId)?.() ?? Promise.reject(new Error(`step ${stepId} is not of this job`));
    // Opened with the first byte, and after a discarded attempt not at all.
    const withLog = async (use: (log: LogShipper) => Promise<void>): Promise<void> => {
      if (this.frozen) return never;
      if (this.dropped) return;
      await use(await open());
      this.ports.failpoint('after-log-spool');
    };
    return {
      append: (chunk) => withLog((log) => log.append(chunk)),
      seal: (summary, nextSeq) => withLog((log) => log.seal(summary, nextSeq)),
    };
  }

  private common() {
    const { buildId, jobId, attempt, fence } = this.held;
    const number = (this.reportCount += 1);
    const reportId = `r-${createHash('sha256').update(`${buildId}/${jobId}/${fence}/${number}`).digest('hex').slice(0, 32)}`;
    return {
      reportId,
      projectId: this.projectId,
      buildId,
      jobId,
      attempt,
      fence,
      runnerId: this.ports.runnerId,
      at: this.ports.now(),
    };
  }

  private async report<Kind extends StoredReport['kind']>(kind: Kind, part: ReportPart<Kind>): Promise<void> {
    if (this.frozen) return never;
    if (this.dropped) return;
    const report = StoredReport.parse({ ...this.common(), kind, ...part });
    await this.record({ type: 'report', report });
    this.ports.failpoint(`after-${kind}`);
    this.reports.add(report);
  }

  private async record(record: Parameters<AttemptJournal['append']>[0]): Promise<void> {
    if (this.frozen) return never;
    await this.journal.append(record);
  }
}
