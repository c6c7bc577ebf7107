import {
  pipelineAsks,
  type HeldJob,
  type JobAssignment,
  type JobOffer,
  type RunnerAnnouncement,
  type RunnerOrders,
} from '@cyclone/contracts';
import { type Executor, type ImageBuilder, type ResumeState } from '@cyclone/job-engine';
import type { Consumer, Publisher, Signals } from '@cyclone/messaging';
import type { AskClient } from '@cyclone/messaging/nest';
import type { Logger } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import { Attempt, type AttemptPorts } from './attempt/attempt.js';
import { cancelledByOrder, cutOffTooLong } from './attempt/stop-causes.js';
import { askToClaim, askToResume } from './claims.js';
import { listenToControlPlane } from './control-signals.js';
import { ConnectionWatch } from './connection-watch.js';
import { Heartbeat } from './heartbeat.js';
import { AttemptJournal } from './journal/attempt-journal.js';
import { StoredAssignment } from './journal/journal-record.js';
import { readHistory, type AttemptHistory } from './journal/attempt-history.js';
import { OffersConsumer } from './offers.consumer.js';
import { SpoolBudget } from './shipping/spool-budget.js';

export interface RunnerPorts {
  readonly identity: Pick<RunnerAnnouncement, 'runnerId' | 'name' | 'pool' | 'labels' | 'slots' | 'version'>;
  readonly dataDir: string;
  readonly spoolBytesMax: number;
  readonly executor: Executor;
  readonly images: ImageBuilder;
  readonly asks: Pick<AskClient, 'ask'>;
  readonly publisher: Publisher;
  readonly consumer: Consumer;
  readonly signals: Signals;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
  readonly now: () => number;
  /** Why the executor can run nothing now; undefined when it can. */
  readonly isAble: () => Promise<string | undefined>;
  readonly resendMs?: number;
  readonly sweepEveryMs?: number;
}

const resendMsDefault = 5_000;
const sweepEveryMsDefault = 5 * 60_000;

/** Holds the attempts of one runner: takes, runs, tells, obeys, and takes up again what an earlier process left. */
export class Runner {
  private readonly attempts = new Map<string, Attempt>();
  private readonly offers: OffersConsumer;
  private readonly watch = new ConnectionWatch();
  private readonly budget: SpoolBudget;
  private unlisten: () => void = () => undefined;
  private readonly stopping = new AbortController();
  private reserved = 0;
  private readonly heartbeat: Heartbeat;
  private sweepTimer: NodeJS.Timeout | undefined;
  /** Whether the executor can run anything at all. */
  private isAble = true;

  constructor(private readonly ports: RunnerPorts) {
    this.budget = new SpoolBudget(ports.spoolBytesMax);
    this.offers = new OffersConsumer({
      consumer: ports.consumer,
      ...ports.identity,
      logger: ports.logger,
      reserve: () => this.reserve(),
      claim: (offer) => this.claim(offer),
      start: (assignment, release) => this.start(assignment, release),
    });
    this.heartbeat = new Heartbeat({
      announce: () => this.announce(),
      obey: (orders) => this.obey(orders),
      giveUp: () => {
        for (const attempt of this.attempts.values()) attempt.cancel(cutOffTooLong);
      },
      watch: this.watch,
      logger: ports.logger,
    });
  }

  get freeSlots(): number {
    return this.ports.identity.slots - this.reserved;
  }

  async open(): Promise<void> {
    const { signals, identity } = this.ports;
    this.unlisten = listenToControlPlane(signals, identity.runnerId, {
      reports: ({ reportIds }) => {
        for (const attempt of this.attempts.values()) void attempt.confirmReports(reportIds);
      },
      log: (confirmation) => this.attempts.get(keyOf(confirmation))?.confirmLog(confirmation),
      cancel: (held) => this.attempts.get(keyOf(held))?.cancel(cancelledByOrder),
    });
    await this.takeUpAll();
    this.heartbeat.start();
    this.sweepTimer = setInterval(() => void this.sweepNow(), this.ports.sweepEveryMs ?? sweepEveryMsDefault);
    this.slotsChanged();
  }

  /** Takes nothing more and lets go: containers run on, journals stay, and the next process goes on with them. */
  async close(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.sweepTimer);
    await this.heartbeat.stop();
    await this.offers.adjust(() => false);
    await this.announce().catch(() => undefined);
    this.unlisten();
    await Promise.all([...this.attempts.values()].map((attempt) => attempt.freeze()));
  }

  get isCutOff(): boolean {
    return this.watch.isCutOff;
  }

  private reserve(): (() => void) | undefined {
    if (this.freeSlots <= 0 || this.stopping.signal.aborted) return undefined;
    this.reserved += 1;
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.reserved -= 1;
      this.slotsChanged();
    };
  }

  private async claim(offer: JobOffer) {
    const { runnerId, name } = this.ports.identity;
    return askToClaim(this.ports.asks, {
      runnerId,
      runnerName: name,
      buildId: offer.buildId,
      jobId: offer.jobId,
      attempt: offer.attempt,
    });
  }

  private async start(assignment: JobAssignment, release: () => void): Promise<void> {
    const { buildId, job, attempt: number, fence, token } = assignment;
    const held: HeldJob = { buildId, jobId: job.id, attempt: number, fence };
    // Taken already: an offer that came twice.
    if (this.attempts.has(keyOf(held))) return release();
    const journal = await AttemptJournal.create(this.ports.dataDir, held);
    // Parsed by the shape of what may lie on a disk: secrets, logins and source access stay in memory.
    await journal.append({ type: 'claimed', held, assignment: StoredAssignment.parse(assignment) });
    this.ports.failpoint('after-claim');
    const history = emptyHistory(held, assignment, token);
    const attempt = new Attempt(this.attemptPorts(), journal, history, assignment.projectId);
    this.attempts.set(keyOf(held), attempt);
    this.slotsChanged();
    void this.carryThrough(attempt, assignment, undefined, release);
  }

  private async carryThrough(
    attempt: Attempt,
    assignment: JobAssignment,
    resume: ResumeState | undefined,
    release: () => void,
  ): Promise<void> {
    try {
      await attempt.run(assignment, resume);
    } finally {
      release();
    }
    await this.settle(attempt);
  }

  private async settle(attempt: Attempt): Promise<void> {
    await attempt.settle();
    this.attempts.delete(keyOf(attempt.held));
  }

  private attemptPorts(): AttemptPorts {
    const { executor, images, publisher, logger, failpoint, now, identity } = this.ports;
    return {
      runnerId: identity.runnerId,
      executor,
      images,
      publisher,
      logger,
      failpoint,
      now,
      budget: this.budget,
      resendMs: this.ports.resendMs ?? resendMsDefault,
      whenConnected: (signal) => this.watch.whenConnected(signal),
    };
  }

  private async takeUpAll(): Promise<void> {
    for (const folder of await AttemptJournal.folders(this.ports.dataDir)) {
      try {
        await this.takeUp(folder);
      } catch (error) {
        this.ports.logger.error('a journal cannot be read; its attempt is left to the control plane', {
          folder,
          error,
        });
      }
    }
    await this.sweepNow();
  }

  private async takeUp(folder: string): Promise<void> {
    const { journal, records } = await AttemptJournal.reopen(folder);
    const history = readHistory(records);
    if (history === undefined) return journal.remove();
    const attempt = new Attempt(this.attemptPorts(), journal, history, history.assignment.projectId);
    await attempt.reopenLogs();
    this.attempts.set(keyOf(history.held), attempt);
    if (history.jobEnded) {
      attempt.skipRun();
      void this.settle(attempt);
      return;
    }
    this.reserved += 1;
    void this.resume(attempt, history).finally(() => {
      this.reserved -= 1;
      this.slotsChanged();
    });
  }

  private async resume(attempt: Attempt, history: AttemptHistory): Promise<void> {
    const { asks, identity, logger } = this.ports;
    const { held } = history;
    const answer = await askToResume(
      asks,
      { runnerId: identity.runnerId, held, token: history.token },
      this.stopping.signal,
    );
    if (answer === undefined) return;
    if (answer.kind === 'gone') {
      attempt.drop();
      attempt.skipRun();
      await this.settle(attempt);
      return this.sweepNow();
    }
    logger.info('taking up a job that an earlier process of this runner began', {
      buildId: held.buildId,
      jobId: held.jobId,
    });
    await attempt.renewToken(answer.assignment.token, answer.assignment.tokenExpiresAt);
    const { steps } = answer.assignment.job;
    const open = new Map(
      steps.flatMap(({ id }) => {
        const position = attempt.positionOf(id);
        const started = history.started.get(id);
        return started === undefined && position === undefined ? [] : [[id, { ...started, log: position }] as const];
      }),
    );
    await attempt.run(answer.assignment, { ended: history.ended, open, digests: history.digests });
    void this.settle(attempt);
  }

  private slotsChanged(): void {
    void this.listenWhileFree();
    this.heartbeat.beat();
  }

  private listenWhileFree(): Promise<void> {
    return this.offers.adjust(
      () => this.isAble && this.freeSlots > 0 && !this.stopping.signal.aborted && !this.watch.isCutOff,
    );
  }

  private async announce(): Promise<RunnerOrders> {
    const { identity, executor, asks, isAble, logger } = this.ports;
    const problem = await isAble();
    if ((problem === undefined) !== this.isAble) {
      this.isAble = problem === undefined;
      if (problem === undefined) logger.info('the executor can work again');
      else logger.error('the executor cannot work: no job is taken until it can', { problem });
      void this.listenWhileFree();
    }
    const held = [...this.attempts.values()].map((attempt) => attempt.held);
    return asks.ask(pipelineAsks.announceRunner, {
      ...identity,
      executor: executor.name,
      freeSlots: this.isAble ? Math.max(0, this.freeSlots) : 0,
      held,
      draining: this.stopping.signal.aborted,
    });
  }

  private async obey(orders: RunnerOrders): Promise<void> {
    // The first answer is the earliest moment at which the pool's queue is sure to be there.
    void this.listenWhileFree();
    for (const held of orders.cancel) this.attempts.get(keyOf(held))?.cancel(cancelledByOrder);
    for (const held of orders.drop) this.attempts.get(keyOf(held))?.drop();
    for (const { buildId, jobId, fence, token, expiresAt } of orders.tokens) {
      await this.attempts.get(`${buildId}/${jobId}/${fence}`)?.renewToken(token, expiresAt);
    }
  }

  private async sweepNow(): Promise<void> {
    try {
      const running = [...this.attempts].filter(([, attempt]) => attempt.running).map(([key]) => key);
      const removed = await this.ports.executor.sweep(new Set(running));
      if (removed > 0) this.ports.logger.info('removed what attempts of the past had left', { removed });
    } catch (error) {
      this.ports.logger.warn('orphans could not be looked for', { error });
    }
  }
}

const keyOf = (held: Pick<HeldJob, 'buildId' | 'jobId' | 'fence'>): string =>
  `${held.buildId}/${held.jobId}/${held.fence}`;

const emptyHistory = (held: HeldJob, assignment: JobAssignment, token: string): AttemptHistory => ({
  held,
  assignment,
  token,
  reports: [],
  unconfirmed: [],
  ended: new Map(),
  started: new Map(),
  digests: new Map(),
  jobEnded: false,
});
