import {
  BuildId,
  CommitSha,
  JobId,
  LogChunkHeader,
  parseLogSubject,
  PlannedJob,
  ProjectId,
  RunnerReport,
  subjects,
  type HeldJob,
  type JobAssignment,
  type JobOffer,
  type RunnerAnnouncement,
  type RunnerOrders,
} from '@cyclone/contracts';
import type { Publisher, Signals } from '@cyclone/messaging';

const fence = 3;

/** An assignment whose steps are given; everything else is what most specs do not care about. */
export const anAssignment = (
  steps: readonly Record<string, unknown>[],
  changes: Partial<JobAssignment> & { buildId?: BuildId } = {},
): JobAssignment => ({
  projectId: ProjectId.parse('shop'),
  buildId: BuildId.parse('b1'),
  buildNumber: 1,
  attempt: 1,
  fence,
  trust: 'trusted',
  job: PlannedJob.parse({
    id: 'main',
    name: 'main',
    needs: [],
    runWhen: 'success',
    labels: {},
    timeoutMs: 60_000,
    workspacePath: '/workspace',
    services: [],
    steps,
  }),
  planDigest: `sha256:${'0'.repeat(64)}`,
  source: {
    url: 'https://example.com/x.git',
    ref: 'refs/heads/main',
    sha: CommitSha.parse('a'.repeat(40)),
    password: 'clone-password',
  },
  environment: {},
  secrets: {},
  registries: [],
  token: 'first-token',
  tokenExpiresAt: Date.now() + 3_600_000,
  deadlineAt: Date.now() + 3_600_000,
  ...changes,
});

/** The part of the control plane that a runner sees, in memory: what it claims, reports and logs, and what it is told. */
export class ControlPlane {
  readonly announcements: RunnerAnnouncement[] = [];
  readonly reports: RunnerReport[] = [];
  readonly assignments = new Map<string, JobAssignment>();
  readonly refused = new Set<string>();
  orders: Partial<RunnerOrders> = {};
  confirms = true;
  available = true;
  private readonly chunks = new Map<string, Map<number, { offset: number; data: Buffer }>>();
  readonly seals = new Map<string, Extract<LogChunkHeader, { kind: 'seal' }>>();

  constructor(private readonly signals: Signals) {}

  announce(announcement: RunnerAnnouncement): RunnerOrders {
    this.announcements.push(announcement);
    return { cancel: [], drop: [], tokens: [], leaseMs: 60_000, ...this.orders };
  }

  claim(buildId: string): JobAssignment | undefined {
    return this.refused.has(buildId) ? undefined : this.assignments.get(buildId);
  }

  async offer(publisher: Publisher, assignment: JobAssignment, pool = 'default'): Promise<void> {
    const { projectId, buildId, job, attempt } = assignment;
    this.assignments.set(buildId, assignment);
    const offer: JobOffer = { projectId, buildId, jobId: job.id, attempt, labels: job.labels, offeredAt: Date.now() };
    await publisher.publish({
      subject: subjects.jobOffer(pool, buildId, job.id, attempt),
      id: `offer.${buildId}`,
      data: Buffer.from(JSON.stringify(offer)),
    });
  }

  takeReport(data: Uint8Array): void {
    const report = RunnerReport.parse(JSON.parse(Buffer.from(data).toString()));
    if (!this.reports.some(({ reportId }) => reportId === report.reportId)) this.reports.push(report);
    if (this.confirms) this.send(subjects.confirmReports(report.runnerId), { reportIds: [report.reportId] });
  }

  takeLog(subject: string, headers: Readonly<Record<string, string>>, data: Uint8Array): void {
    const place = parseLogSubject(subject);
    if (place === undefined) throw new Error(`no log subject: ${subject}`);
    const header = LogChunkHeader.parse({
      ...headers,
      summary: headers['summary'] === undefined ? undefined : JSON.parse(headers['summary']),
    });
    const name = `${place.buildId}/${place.stepId}`;
    const chunks = this.chunks.get(name) ?? new Map<number, { offset: number; data: Buffer }>();
    this.chunks.set(name, chunks);
    if (header.kind === 'chunk') {
      const known = chunks.get(header.seq);
      if (known !== undefined && !known.data.equals(Buffer.from(data)))
        throw new Error(`chunk ${header.seq} of ${name} came with other bytes`);
      chunks.set(header.seq, { offset: header.offset, data: Buffer.from(data) });
    } else this.seals.set(name, header);
    let nextSeq = 0;
    while (chunks.has(nextSeq)) nextSeq += 1;
    const sealed = this.seals.get(name)?.seq === nextSeq;
    if (this.confirms)
      this.send(subjects.confirmLogs(header.runnerId), {
        buildId: place.buildId,
        jobId: place.jobId,
        stepId: place.stepId,
        fence: header.fence,
        nextSeq,
        sealed,
      });
  }

  logOf(buildId: string, stepId: string): Buffer {
    const chunks = [...(this.chunks.get(`${buildId}/${stepId}`) ?? [])].sort(([a], [b]) => a - b);
    let offset = 0;
    for (const [, chunk] of chunks) {
      if (chunk.offset !== offset) throw new Error(`a gap at ${offset} of ${stepId}`);
      offset += chunk.data.length;
    }
    return Buffer.concat(chunks.map(([, { data }]) => data));
  }

  kinds(buildId: string): string[] {
    return this.reports
      .filter((report) => report.buildId === buildId)
      .map((report) => ('stepId' in report ? `${report.kind} ${report.stepId}` : report.kind));
  }

  endOf(buildId: string): Extract<RunnerReport, { kind: 'job-ended' }> | undefined {
    return this.reports.find((report) => report.kind === 'job-ended' && report.buildId === buildId) as
      Extract<RunnerReport, { kind: 'job-ended' }> | undefined;
  }

  heldBy(assignment: JobAssignment): HeldJob {
    return {
      buildId: assignment.buildId,
      jobId: JobId.parse(assignment.job.id),
      attempt: assignment.attempt,
      fence: assignment.fence,
    };
  }

  cancel(runnerId: RunnerAnnouncement['runnerId'], assignment: JobAssignment): void {
    this.send(subjects.cancelJob(runnerId), this.heldBy(assignment));
  }

  private send(subject: string, body: unknown): void {
    this.signals.send(subject, { data: Buffer.from(JSON.stringify(body)) });
  }
}
