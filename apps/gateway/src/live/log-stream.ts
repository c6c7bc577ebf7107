import {
  BuildFinished,
  type BuildId,
  type BuildOutcome,
  type BuildView,
  type EventEnvelope,
  type JobId,
  type LogFrame,
  logAsks,
  LogStoredHeader,
  pipelineAsks,
  StepEnded,
  type StepId,
  StepStarted,
  type StepView,
  subjects,
} from '@cyclone/contracts';
import type { z } from 'zod';
import type { Signals } from '@cyclone/messaging';
import type { Asks } from '../asks.js';
import type { WorldTail } from '../feed/world-tail.js';
import { emptyPlaces, type LogPlaces } from './log-cursor.js';
import type { Outlet } from './socket.js';
import { holdMsMax, isOpenTrack, mustHold } from './step-order.js';
import { type StepTrack, StepTracks } from './step-tracks.js';
import { stepFrame } from './step-frame.js';
import { asTextOrBase64, wholeCharacters } from './utf8-cut.js';

export interface LogStreamParts {
  readonly asks: Asks;
  readonly signals: Signals;
  readonly tail: WorldTail;
  readonly now: () => number;
}

export interface LogStreamOptions {
  readonly buildId: BuildId;
  /** Only this step. */
  readonly stepId?: StepId;
  readonly from?: (order: readonly StepId[]) => LogPlaces | undefined;
}

/** Base64 within a NATS message of a megabyte, with room to spare. */
const rangeBytesMax = 384 * 1024;
/** How long the end waits for logs that should still be sealed. */
const sealWaitMs = 30_000;
/** A lost notice is found by looking at the index, at most this late. */
const lookAgainMs = 2_000;

/**
 * One reader's stream of a build's logs. One loop does everything in turn: it sends what is known to be stored, range by
 * range, then waits for a notice, an event or the clock. A live notice whose bytes are exactly the next ones is sent as it
 * came; in every other case (a gap, an older attempt, a reader that is behind) its bytes are dropped and read again from
 * log-svc when their turn comes. Memory is bounded by the number of steps.
 */
export class LogStream {
  private readonly tracks: StepTracks;
  private readonly live: { stepId: StepId; header: LogStoredHeader; data: Uint8Array }[] = [];
  private liveBytes = 0;
  private build: BuildView | undefined;
  private order: StepId[] = [];
  private steps = new Map<StepId, StepView & { jobId: JobId }>();
  private position = 0;
  private wakeUp: () => void = () => undefined;
  private isAwake = false;
  private indexedAt = 0;
  private finishedAt: number | undefined;
  private finished: z.output<typeof BuildFinished.schema> | undefined;

  constructor(
    private readonly parts: LogStreamParts,
    private readonly options: LogStreamOptions,
    private readonly outlet: Outlet,
  ) {
    this.tracks = new StepTracks(options.stepId);
  }

  async run(): Promise<void> {
    // Listening first: what is stored between the index and the first notice is in one of the two.
    const stop = this.parts.signals.listen(subjects.logStored(this.options.buildId), (signal) => this.onNotice(signal));
    const timer = setInterval(() => this.wake(), lookAgainMs);
    const onEvent = this.parts.tail.onEvent((event) => {
      if (this.concerns(event)) this.wake();
    });
    this.outlet.closed.addEventListener('abort', () => this.wake());
    try {
      await this.readBuild();
      this.startFrom(this.options.from?.(this.order) ?? emptyPlaces);
      await this.readIndex();
      while (!this.outlet.closed.aborted) {
        this.isAwake = false;
        const hasSent = await this.advance();
        if (await this.endIfOver()) return;
        if (!hasSent) await this.sleep();
      }
    } finally {
      stop();
      onEvent();
      clearInterval(timer);
    }
  }

  /** One round: news of the build, then everything that is stored. True when something was sent. */
  private async advance(): Promise<boolean> {
    if (await this.hasNews()) await this.readBuild();
    if (this.parts.now() - this.indexedAt >= lookAgainMs) await this.readIndex();
    await this.sendStarts();
    let hasSent = await this.sendLive();
    for (const [stepId, track] of this.tracks.entries()) {
      if (track.hasStarted && track.offset < track.stored && (await this.sendStored(stepId, track))) hasSent = true;
    }
    if (await this.sendEnds()) hasSent = true;
    return hasSent;
  }

  private async hasNews(): Promise<boolean> {
    let isNew = false;
    for (;;) {
      const page = await this.parts.tail.read(this.position, 500);
      if (page.position <= this.position) return isNew;
      this.position = page.position;
      for (const event of page.events) {
        if (!this.concerns(event)) continue;
        if (event.stream.kind === 'log') this.indexedAt = 0;
        else if (!this.foldStep(event)) isNew = true;
        if (event.type === 'BuildFinished') this.finished = BuildFinished.schema.parse(event.data);
      }
    }
  }

  /** Steps begin and end by the thousand: their events are enough, without asking for the whole build each time. */
  private foldStep(event: EventEnvelope): boolean {
    if (event.type !== 'StepStarted' && event.type !== 'StepEnded')
      return event.type === 'JobQueued' || event.type === 'JobClaimed' || event.type === 'ImagePublished';
    const { stepId, ...news } =
      event.type === 'StepStarted' ? StepStarted.schema.parse(event.data) : StepEnded.schema.parse(event.data);
    const step = this.steps.get(stepId);
    if (step === undefined) return false;
    this.steps.set(stepId, {
      ...step,
      ...news,
      jobId: step.jobId,
      status: event.type === 'StepStarted' ? 'running' : 'ended',
    });
    return true;
  }

  private concerns(event: EventEnvelope): boolean {
    return event.stream.id === this.options.buildId && (event.stream.kind === 'build' || event.stream.kind === 'log');
  }

  private async readBuild(): Promise<void> {
    const before = this.build;
    const asked = await this.parts.asks.ask(pipelineAsks.getBuild, { buildId: this.options.buildId });
    // A view may come after the event that this process has seen already.
    const build: BuildView = this.finished === undefined ? asked : { ...asked, status: 'finished', ...this.finished };
    this.build = build;
    if (before === undefined) this.position = build.position;
    this.order = build.jobs.flatMap((job) => job.steps.map((step) => step.id));
    this.steps = new Map(build.jobs.flatMap((job) => job.steps.map((step) => [step.id, { ...step, jobId: job.id }])));
    const isOtherPicture =
      before === undefined || before.status !== build.status || before.jobs.length !== build.jobs.length;
    if (isOtherPicture) await this.outlet.send({ kind: 'build', build } satisfies LogFrame);
    if (build.status === 'finished') this.finishedAt ??= this.parts.now();
  }

  private startFrom(places: LogPlaces): void {
    for (const stepId of this.order) {
      const step = this.steps.get(stepId);
      if (step !== undefined) this.tracks.startFrom(places, stepId, step.jobId, step.fence ?? Number.MAX_SAFE_INTEGER);
    }
  }

  private async readIndex(): Promise<void> {
    this.indexedAt = this.parts.now();
    const { steps } = await this.parts.asks.ask(logAsks.indexLogs, { buildId: this.options.buildId });
    for (const entry of steps) this.tracks.learnIndex(entry);
  }

  private onNotice(signal: { headers: Readonly<Record<string, string>>; data: Uint8Array }): void {
    const header = LogStoredHeader.safeParse(signal.headers);
    if (!header.success || this.tracks.learnNotice(header.data, signal.data.length) === undefined) return;
    if (signal.data.length > 0 && this.outlet.isFree && this.liveBytes < rangeBytesMax) {
      this.live.push({ stepId: header.data.stepId, header: header.data, data: signal.data });
      this.liveBytes += signal.data.length;
    }
    this.wake();
  }

  private async sendLive(): Promise<boolean> {
    const notices = this.live.splice(0);
    this.liveBytes = 0;
    let hasSent = false;
    for (const { stepId, header, data } of notices) {
      const track = this.tracks.get(stepId);
      if (track === undefined || track.fence !== header.fence || track.offset !== header.offset || !track.hasStarted)
        continue;
      await this.sendBytes(stepId, track, data, track.isSealed && track.stored === header.offset + data.length);
      hasSent = true;
    }
    return hasSent;
  }

  /** One range, so that steps that run side by side take turns. */
  private async sendStored(stepId: StepId, track: StepTrack): Promise<boolean> {
    const { fence, offset } = track;
    const range = await this.parts.asks.ask(logAsks.readLog, {
      buildId: this.options.buildId,
      stepId,
      fence: fence === 0 ? undefined : fence,
      offset,
      limit: rangeBytesMax,
    });
    if (track.fence !== fence || range.bytes === 0) {
      // Nothing there although an index said so: the next look tells more.
      if (range.bytes === 0) track.stored = offset;
      return false;
    }
    const before = track.offset;
    await this.sendBytes(stepId, track, Buffer.from(range.data, 'base64'), range.end);
    return track.offset > before;
  }

  private async sendBytes(stepId: StepId, track: StepTrack, data: Uint8Array, isLast: boolean): Promise<void> {
    const length = isLast ? data.length : wholeCharacters(data);
    if (length === 0) {
      // A piece of a character alone: more must come, or the log ends here after all.
      if (!track.isSealed) track.stored = track.offset;
      else await this.sendBytes(stepId, track, data, true);
      return;
    }
    const bytes = data.subarray(0, length);
    const { offset, fence, jobId } = track;
    track.offset += length;
    await this.outlet.send({
      kind: 'log',
      jobId,
      stepId,
      fence: Math.max(1, fence),
      offset,
      bytes: length,
      ...asTextOrBase64(bytes),
      cursor: this.tracks.cursor(this.order),
    } satisfies LogFrame);
  }

  private async sendStarts(): Promise<void> {
    for (const stepId of this.order) {
      const step = this.steps.get(stepId);
      const track =
        step === undefined || step.status === 'waiting' ? this.tracks.get(stepId) : this.tracks.add(stepId, step.jobId);
      if (step === undefined || track === undefined || track.hasStarted) continue;
      if (step.status === 'waiting' && track.stored === 0) continue;
      if (mustHold(step, track, this.tracks, this.parts.now())) {
        setTimeout(() => this.wake(), holdMsMax).unref();
        continue;
      }
      this.tracks.begin(track, step.fence);
      // One that was skipped never began: it only ends.
      if (step.outcome !== 'skipped') await this.sendStep(stepId, step, track, 'started');
    }
  }

  /** True when something ended, which may let another step begin. */
  private async sendEnds(): Promise<boolean> {
    let hasSent = false;
    for (const stepId of this.order) {
      const step = this.steps.get(stepId);
      const track = this.tracks.get(stepId);
      if (step?.status !== 'ended' || track?.hasStarted !== true || track.hasEnded) continue;
      if (!this.isAllSent(step, track)) continue;
      track.hasEnded = true;
      await this.sendStep(stepId, step, track, 'ended');
      hasSent = true;
    }
    return hasSent;
  }

  /** By what the runner counted; where it counted nothing, by the seal. */
  private isAllSent(step: StepView, track: StepTrack): boolean {
    if (track.offset < track.stored) return false;
    if (step.log === undefined) return track.isSealed || track.stored === 0 || this.isWaitOver();
    return track.offset >= step.log.bytes || track.isSealed || this.isWaitOver();
  }

  private isWaitOver(): boolean {
    return this.finishedAt !== undefined && this.parts.now() - this.finishedAt > sealWaitMs;
  }

  private sendStep(
    stepId: StepId,
    step: StepView & { jobId: JobId },
    track: StepTrack,
    status: 'started' | 'ended',
  ): Promise<void> {
    return this.outlet.send(stepFrame(stepId, step, track.jobId, status, this.tracks.cursor(this.order)));
  }

  private async endIfOver(): Promise<boolean> {
    const { build } = this;
    const wanted = this.options.stepId;
    const isStepOver = wanted !== undefined && this.tracks.get(wanted)?.hasEnded === true;
    if (build?.status !== 'finished' && !isStepOver) return false;
    const isOpen = this.tracks.values().some(isOpenTrack);
    if (isOpen && !this.isWaitOver()) return false;
    // A single step may end long before its build: then there is no outcome to tell, only the end.
    const isIncomplete = isOpen || this.tracks.values().some((track) => track.isDamaged);
    if (build?.outcome !== undefined) {
      const outcome: BuildOutcome = build.outcome;
      await this.outlet.send({
        kind: 'end',
        outcome,
        reason: build.reason,
        logs: isIncomplete ? 'incomplete' : 'complete',
      } satisfies LogFrame);
    }
    this.outlet.close(1000, 'the log has ended');
    return true;
  }

  private wake(): void {
    this.isAwake = true;
    this.wakeUp();
  }

  private sleep(): Promise<void> {
    if (this.isAwake || this.outlet.closed.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }
}
