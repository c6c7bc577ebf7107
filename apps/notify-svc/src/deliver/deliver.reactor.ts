import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { BuildId, EpochMs, Notice, ProjectId } from '@cyclone/contracts';
import type { LeaseStore } from '@cyclone/event-store';
import type { Logger } from '@cyclone/observability';
import type { FactsReader } from '../follow/facts-reader.js';
import type { Ledger } from '../follow/ledger.js';
import type { WakeUp, WakeUps } from '../follow/wake-ups.js';
import {
  type NotificationCommand,
  type NoticeState,
  dueNotices,
  nextDueAt,
} from '../rules/domain/notification-decider.js';
import type { Channel, TryOutcome } from './channel.js';
import { withLease } from './with-lease.js';

export interface DeliverParts {
  readonly facts: Pick<FactsReader, 'load'>;
  readonly ledger: Ledger;
  readonly wakeUps: WakeUps;
  readonly leases: LeaseStore;
  readonly channels: readonly Channel[];
  readonly now: () => EpochMs;
  readonly logger: Logger;
}

/** Other processes' wake-ups, and what they left behind, are looked for this often; our own come by timer. */
const lookEveryMs = 15_000;
/** Pause after something of our own was missing (another service, the database). */
const notTriedMs = 10_000;
const buildsMax = 200;

const toCommand = (
  key: string,
  attempt: number,
  outcome: TryOutcome,
  now: EpochMs,
): NotificationCommand | undefined => {
  if (outcome.kind === 'not-tried') return undefined;
  if (outcome.kind === 'delivered')
    return { type: 'RecordDelivered', key, attempt, detail: outcome.detail, logComplete: outcome.logComplete };
  const { message, isPermanent, notBefore } = outcome;
  return { type: 'RecordFailed', key, attempt, now, message, isPermanent, notBefore };
};

/**
 * Delivers what is due. The intent is in the ledger before, the outcome after: a crash in between tries again under
 * the same message id. Each channel of a build is delivered by one process at a time and never waits for another.
 */
export class DeliverReactor {
  readonly #holder = `notify-svc-${randomUUID()}`;
  readonly #running = new Map<BuildId, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();
  #isLooking = false;
  #lookAgain = false;
  readonly #stopping = new AbortController();

  constructor(private readonly parts: DeliverParts) {}

  /** Looks now; cheap to call often. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#lookAgain = this.#isLooking;
    if (!this.#isLooking) this.#look = this.#lookAtDue();
  }

  /** Begins nothing more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#look;
    await Promise.all(this.#running.values());
  }

  async #lookAtDue(): Promise<void> {
    this.#isLooking = true;
    clearTimeout(this.#timer);
    let waitMs = lookEveryMs;
    try {
      const now = this.parts.now();
      for (const wakeUp of await this.parts.wakeUps.due(now, buildsMax)) this.#start(wakeUp);
      const next = await this.parts.wakeUps.nextAfter(now);
      waitMs = Math.min(lookEveryMs, Math.max(0, (next ?? Infinity) - this.parts.now()));
    } catch (error) {
      this.parts.logger.warn('due notices could not be looked up', { error });
    }
    this.#isLooking = false;
    if (this.#stopping.signal.aborted) return;
    if (this.#lookAgain) this.wake();
    else this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  #start(wakeUp: WakeUp): void {
    const { buildId } = wakeUp;
    if (this.#running.has(buildId) || this.#stopping.signal.aborted) return;
    const run = this.#deliverOrPutOff(wakeUp).finally(() => {
      this.#running.delete(buildId);
      this.wake();
    });
    this.#running.set(buildId, run);
  }

  /** What failed is put off, or the next look would find it due at once; where even that fails the pause is here. */
  async #deliverOrPutOff(wakeUp: WakeUp): Promise<void> {
    const { wakeUps, logger, now } = this.parts;
    try {
      await this.#deliver(wakeUp);
    } catch (error) {
      logger.warn('notices of a build could not be delivered yet', { buildId: wakeUp.buildId, error });
      try {
        await wakeUps.move(wakeUp, now() + notTriedMs);
      } catch {
        await wait(notTriedMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  async #deliver(wakeUp: WakeUp): Promise<void> {
    const { buildId } = wakeUp;
    const { facts: reader, ledger, wakeUps, now, channels } = this.parts;
    const results = await Promise.allSettled(channels.map((channel) => this.#deliverChannel(buildId, channel)));
    const next = nextDueAt(await ledger.load(buildId), await reader.load(buildId));
    const isPutOff = results.some((result) => result.status === 'rejected' || result.value === 'put-off');
    await wakeUps.move(wakeUp, next === undefined ? undefined : isPutOff ? Math.max(next, now() + notTriedMs) : next);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #deliverChannel(buildId: BuildId, channel: Channel): Promise<'done' | 'put-off'> {
    const { leases, facts: reader, ledger, now } = this.parts;
    // Looked at before the lease is taken, so that a channel without work costs nothing.
    if (this.#dueOf(channel, await ledger.load(buildId), await reader.load(buildId), now()).length === 0) return 'done';
    const outcome = await withLease(leases, `notify/${buildId}/${channel.name}`, this.#holder, async () => {
      const facts = await reader.load(buildId);
      const due = this.#dueOf(channel, await ledger.load(buildId), facts, now());
      const { projectId } = facts;
      if (due.length === 0 || projectId === undefined) return 'done';
      let isPutOff = false;
      await channel.deliver({ buildId, facts, notices: due.map(({ notice }) => notice) }, async (notice, result) => {
        if (result.kind === 'not-tried') isPutOff = true;
        await this.#record(buildId, projectId, notice, due, result);
      });
      return isPutOff ? 'put-off' : 'done';
    });
    return outcome ?? 'put-off';
  }

  #dueOf(channel: Channel, ...about: Parameters<typeof dueNotices>): readonly NoticeState[] {
    return dueNotices(...about).filter(({ notice }) => notice.channel === channel.name);
  }

  async #record(
    buildId: BuildId,
    projectId: ProjectId,
    notice: Notice,
    due: readonly NoticeState[],
    outcome: TryOutcome,
  ): Promise<void> {
    const { ledger, now, logger } = this.parts;
    const attempt = (due.find((each) => each.notice.key === notice.key)?.attempts ?? 0) + 1;
    const command = toCommand(notice.key, attempt, outcome, now());
    if (outcome.kind !== 'delivered')
      logger.warn('a notice was not delivered', { buildId, channel: notice.channel, attempt, reason: outcome.message });
    if (command !== undefined)
      await ledger.record(buildId, projectId, `try/${attempt}/${shortName(notice.key)}`, command, now());
  }
}

/** Keys hold addresses of any length; a command id is short. */
const shortName = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);
