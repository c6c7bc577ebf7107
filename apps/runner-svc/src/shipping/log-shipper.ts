import {
  subjects,
  type HeldJob,
  type LogConfirmation,
  type ProjectId,
  type RunnerId,
  type StepId,
} from '@cyclone/contracts';
import type { LogChunk, LogChunkSink, LogPosition } from '@cyclone/job-engine';
import type { Publisher } from '@cyclone/messaging';
import { LogSpool, type SpoolEntry, type SpoolHeader } from '../journal/log-spool.js';
import type { SpoolBudget } from './spool-budget.js';

export interface LogShipperParts {
  readonly publisher: Publisher;
  readonly budget: SpoolBudget;
  readonly projectId: ProjectId;
  readonly held: HeldJob;
  readonly runnerId: RunnerId;
  readonly token: () => string;
  readonly resendMs: number;
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

interface OpenEntry {
  readonly entry: SpoolEntry;
  /** The bytes while they are fresh; afterwards the disk has them. */
  data: Buffer | undefined;
  tries: number;
}

const inFlightMax = 32;

/** One step's log on its way: on the disk first, then to the broker, and kept until the log service's own store has it. */
export class LogShipper implements LogChunkSink {
  private readonly open: OpenEntry[] = [];
  private next = 0;
  private inFlight = 0;
  private timer: NodeJS.Timeout | undefined;
  private isSealed = false;
  private isDone = false;
  private stopped = false;
  private progress = 0;
  private whenDone: (() => void)[] = [];

  private constructor(
    private readonly parts: LogShipperParts,
    private readonly stepId: StepId,
    private readonly spool: LogSpool,
    /** Where a log stands that an earlier process began. */
    readonly position: LogPosition | undefined,
  ) {}

  static async open(parts: LogShipperParts, folder: string, stepId: StepId): Promise<LogShipper> {
    const { spool, entries } = await LogSpool.open(folder, stepId);
    const last = entries
      .map(({ header }) => header)
      .filter((header) => header.kind === 'chunk')
      .at(-1);
    const shipper = new LogShipper(parts, stepId, spool, last?.position);
    shipper.isSealed = entries.some(({ header }) => header.kind === 'seal');
    for (const entry of entries) shipper.enqueue(entry, undefined);
    return shipper;
  }

  async append({ seq, offset, bytes, position }: LogChunk): Promise<void> {
    if (this.isSealed) return;
    const header: SpoolHeader = { kind: 'chunk', seq, offset, at: this.parts.now(), position };
    this.enqueue(await this.spool.append(header, bytes), bytes);
    await this.parts.budget.room();
  }

  async seal(summary: Extract<SpoolHeader, { kind: 'seal' }>['summary'], nextSeq: number): Promise<void> {
    if (this.isSealed) return;
    this.isSealed = true;
    const data = Buffer.alloc(0);
    this.enqueue(await this.spool.append({ kind: 'seal', seq: nextSeq, at: this.parts.now(), summary }, data), data);
  }

  confirm({ nextSeq, sealed }: LogConfirmation): void {
    this.progress += 1;
    while (this.open[0] !== undefined && (this.open[0].entry.header.seq < nextSeq || sealed)) {
      const gone = this.open.shift();
      this.next = Math.max(0, this.next - 1);
      this.parts.budget.give(gone?.entry.dataBytes ?? 0);
    }
    if (sealed) this.finish();
  }

  /** Resolves when the log service has stored and sealed all. */
  done(): Promise<void> {
    return this.isDone ? Promise.resolve() : new Promise((resolve) => this.whenDone.push(resolve));
  }

  /** Nobody wants the rest: forget it. */
  discard(): void {
    for (const { entry } of this.open.splice(0)) this.parts.budget.give(entry.dataBytes);
    this.isSealed = true;
    this.finish();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.spool.close();
  }

  private finish(): void {
    this.isDone = true;
    clearTimeout(this.timer);
    for (const resolve of this.whenDone.splice(0)) resolve();
  }

  private enqueue(entry: SpoolEntry, data: Buffer | undefined): void {
    this.parts.budget.take(entry.dataBytes);
    this.open.push({ entry, data, tries: 0 });
    this.pump();
    this.watch();
  }

  /** In order, many in flight: the broker keeps the order of one connection. */
  private pump(): void {
    while (!this.stopped && this.inFlight < inFlightMax && this.next < this.open.length) {
      const open = this.open[this.next];
      if (open === undefined) return;
      this.next += 1;
      this.inFlight += 1;
      this.publish(open)
        .catch((error: unknown) => this.parts.failed(error))
        .finally(() => {
          this.inFlight -= 1;
          this.pump();
        });
    }
  }

  private async publish(open: OpenEntry): Promise<void> {
    open.tries += 1;
    const { header } = open.entry;
    const data = open.data ?? (await this.spool.read(open.entry));
    open.data = undefined;
    const { projectId, held, token, publisher } = this.parts;
    await publisher.publish({
      subject: subjects.log(projectId, held.buildId, held.jobId, this.stepId),
      id: `${held.buildId}.${this.stepId}.${held.fence}.${header.seq}.${open.tries}`,
      headers: { ...this.headersOf(header), 'Cyclone-Job-Token': token() },
      data,
    });
  }

  private headersOf(header: SpoolHeader): Record<string, string> {
    const common = {
      kind: header.kind,
      seq: String(header.seq),
      at: String(header.at),
      fence: String(this.parts.held.fence),
      runnerId: this.parts.runnerId,
    };
    return header.kind === 'chunk'
      ? { ...common, offset: String(header.offset) }
      : { ...common, summary: JSON.stringify(header.summary) };
  }

  /** Sends everything again that stays unconfirmed while nothing at all is confirmed. */
  private watch(): void {
    if (this.timer !== undefined || this.stopped || this.isDone) return;
    const seen = this.progress;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.progress === seen && this.inFlight === 0) this.next = 0;
      this.pump();
      if (this.open.length > 0) this.watch();
    }, this.parts.resendMs);
    this.timer.unref();
  }
}
