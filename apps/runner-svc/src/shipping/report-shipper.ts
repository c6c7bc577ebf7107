import { subjects, type RunnerReport } from '@cyclone/contracts';
import type { Publisher } from '@cyclone/messaging';
import type { StoredReport } from '../journal/journal-record.js';

export interface ReportShipperParts {
  readonly publisher: Publisher;
  readonly token: () => string;
  /** After this long without confirmation all that is open is sent again. */
  readonly resendMs: number;
  /** Told once, when the receiver has taken the report in. */
  readonly confirmed: (reportIds: readonly string[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Sends the reports of one attempt in their order, again and again, until each is confirmed. */
export class ReportShipper {
  private readonly open: { readonly report: StoredReport; tries: number }[] = [];
  private sent = 0;
  private sending: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private whenEmpty: (() => void)[] = [];
  private stopped = false;

  constructor(private readonly parts: ReportShipperParts) {}

  add(report: StoredReport): void {
    this.open.push({ report, tries: 0 });
    this.pump();
  }

  async confirm(reportIds: readonly string[]): Promise<void> {
    const wanted = new Set(reportIds);
    const taken = this.open.filter(({ report }) => wanted.has(report.reportId)).map(({ report }) => report.reportId);
    if (taken.length === 0) return;
    const sentBefore = this.open.slice(0, this.sent).filter(({ report }) => wanted.has(report.reportId)).length;
    this.open.splice(0, this.open.length, ...this.open.filter(({ report }) => !wanted.has(report.reportId)));
    this.sent -= sentBefore;
    await this.parts.confirmed(taken);
    if (this.open.length === 0) for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  /** Resolves when nothing is open. */
  drained(): Promise<void> {
    return this.open.length === 0 ? Promise.resolve() : new Promise((resolve) => this.whenEmpty.push(resolve));
  }

  /** Nobody wants them any more. */
  discard(): void {
    this.open.length = 0;
    this.sent = 0;
    for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private pump(): void {
    this.sending ??= this.sendOpen()
      .catch((error: unknown) => this.parts.failed(error))
      .finally(() => {
        this.sending = undefined;
        if (this.open.length > 0 && !this.stopped) this.resendLater();
      });
  }

  private async sendOpen(): Promise<void> {
    while (this.sent < this.open.length && !this.stopped) {
      const entry = this.open[this.sent];
      if (entry === undefined) return;
      entry.tries += 1;
      await this.publish(entry.report, entry.tries);
      if (this.open[this.sent] === entry) this.sent += 1;
    }
  }

  private async publish(stored: StoredReport, tries: number): Promise<void> {
    const report: RunnerReport = { ...stored, token: this.parts.token() };
    const { projectId, buildId, jobId, kind, reportId } = report;
    await this.parts.publisher.publish({
      subject: subjects.report(projectId, buildId, jobId, kind),
      id: `${reportId}.${tries}`,
      data: Buffer.from(JSON.stringify(report)),
    });
  }

  private resendLater(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.sent = 0;
      this.pump();
    }, this.parts.resendMs);
    this.timer.unref();
  }
}
