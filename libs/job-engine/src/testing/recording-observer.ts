import type { LogSummary, StepId } from '@cyclone/contracts';
import type { JobObserver, PublishedImageNote, StepEnd, StepStart } from '../job-observer.js';
import type { LogChunk, LogChunkSink } from '../logs/log-chunk.js';
import type { ResumeState } from '../resume.js';

interface RecordedLog {
  readonly chunks: LogChunk[];
  sealed?: { readonly summary: LogSummary; readonly nextSeq: number };
}

/** Keeps all that an engine tells, as a host's journal would, and can say what a restarted host knows. */
export class RecordingObserver implements JobObserver {
  readonly starts: StepStart[] = [];
  readonly ends: StepEnd[] = [];
  readonly images: PublishedImageNote[] = [];
  readonly logs = new Map<string, RecordedLog>();
  permit: Promise<void> = Promise.resolve();
  /** Called with each chunk before it is taken. */
  beforeAppend: (stepId: StepId, chunk: LogChunk) => Promise<void> = async () => undefined;

  logSink(stepId: StepId): LogChunkSink {
    const log: RecordedLog = this.logs.get(stepId) ?? { chunks: [] };
    this.logs.set(stepId, log);
    return {
      append: async (chunk) => {
        await this.beforeAppend(stepId, chunk);
        log.chunks.push(chunk);
      },
      seal: async (summary, nextSeq) => {
        if (log.sealed !== undefined) throw new Error(`the log of ${stepId} was sealed twice`);
        log.sealed = { summary, nextSeq };
      },
    };
  }

  async stepStarted(start: StepStart): Promise<void> {
    this.starts.push(start);
  }

  async stepEnded(end: StepEnd): Promise<void> {
    this.ends.push(end);
  }

  async imagePublished(image: PublishedImageNote): Promise<void> {
    this.images.push(image);
  }

  permitPublish(): Promise<void> {
    return this.permit;
  }

  bytesOf(stepId: string): Buffer {
    return Buffer.concat((this.logs.get(stepId)?.chunks ?? []).map((chunk) => chunk.bytes));
  }

  textOf(stepId: string): string {
    return this.bytesOf(stepId).toString();
  }

  endOf(stepId: string): StepEnd {
    const end = this.ends.find((candidate) => candidate.stepId === stepId);
    if (end === undefined) throw new Error(`step ${stepId} has not ended`);
    return end;
  }

  outcomes(): Record<string, string> {
    return Object.fromEntries(this.ends.map((end) => [end.stepId, end.outcome]));
  }

  resumeState(): ResumeState {
    const ended = new Map(this.ends.map((end) => [end.stepId, end]));
    const open = new Map(
      this.starts
        .filter((start) => !ended.has(start.stepId))
        .map((start) => [
          start.stepId,
          { startedAt: start.startedAt, log: this.logs.get(start.stepId)?.chunks.at(-1)?.position },
        ]),
    );
    return { ended, open, digests: new Map(this.images.map((image) => [image.stepId, image.digest])) };
  }
}
