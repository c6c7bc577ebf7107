import { CommandId, type EpochMs, type LogSummary } from '@cyclone/contracts';
import { type CommandHandler, type EventStore, createCommandHandler } from '@cyclone/event-store';
import type { Signals } from '@cyclone/messaging';
import type { Logger } from '@cyclone/observability';
import { isComplete } from '../ingest/domain/chunk-sequence.js';
import { sendConfirmation, sendStored } from '../ingest/log-notices.js';
import type { AttemptKey, LogAttempt, LogStore } from '../store/log-store.js';
import { type EndLog, type EndedLogs, logDecider } from './domain/log-decider.js';
import { sumLog } from './sum-log.js';

export interface LogSealerParts {
  readonly store: LogStore;
  readonly events: EventStore;
  readonly signals: Signals;
  readonly now: () => EpochMs;
  readonly logger: Logger;
}

/** A gigabyte is read back in seconds; two at a time leave the processor to the ingest. */
const concurrencyMax = 2;

const nameOf = (key: AttemptKey): string => `${key.buildId}/${key.stepId}/${key.fence}`;

/**
 * Ends logs: sums up what is stored, appends `LogSealed` or `LogDamaged`, closes the attempt, tells watchers and
 * runner. Every part of it may be repeated. What a crash leaves undone is found by the sweep, or by the runner who
 * sends its seal again.
 */
export class LogSealer {
  readonly #handler: CommandHandler<EndedLogs, EndLog, { code: string; message: string }>;
  readonly #waiting = new Map<string, LogAttempt>();
  readonly #running = new Map<string, Promise<void>>();
  #draining = false;

  constructor(private readonly parts: LogSealerParts) {
    this.#handler = createCommandHandler({ store: parts.events, kind: 'log', decider: logDecider });
  }

  /** Ends a complete log soon, in the background. Repeating it is harmless. */
  enqueue(attempt: LogAttempt): void {
    const name = nameOf(attempt);
    if (this.#draining || this.#running.has(name)) return;
    this.#waiting.set(name, attempt);
    this.#startNext();
  }

  /** Starts nothing more and waits for what runs. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  /** Ends a log that can never be whole. `expected` is the runner's count where it is known. */
  async endDamaged(attempt: LogAttempt, why: string, expected?: LogSummary): Promise<void> {
    await this.#end(attempt, expected, why);
  }

  #startNext(): void {
    const next = this.#waiting.entries().next();
    if (this.#draining || this.#running.size >= concurrencyMax || next.done === true) return;
    const [name, attempt] = next.value;
    this.#waiting.delete(name);
    const run = this.#sealIfComplete(attempt)
      .catch((error: unknown) => this.parts.logger.warn('a log could not be sealed yet', { attempt: name, error }))
      .finally(() => {
        this.#running.delete(name);
        this.#startNext();
      });
    this.#running.set(name, run);
    this.#startNext();
  }

  async #sealIfComplete(hint: LogAttempt): Promise<void> {
    const attempt = await this.parts.store.attempt(hint);
    if (attempt?.seal === undefined || attempt.state !== 'open' || !isComplete(attempt.prefix, attempt.seal.seq))
      return;
    await this.#end(attempt, attempt.seal.summary, undefined);
  }

  async #end(attempt: LogAttempt, expected: LogSummary | undefined, why: string | undefined): Promise<void> {
    const stored = await sumLog(this.parts.store, attempt);
    const { crc32, bytes, lines } = stored;
    const handled = await this.#handler.handle({
      id: attempt.buildId,
      command: { attempt, stored, expected: expected ?? { bytes, lines, crc32, truncated: false }, why },
      commandId: CommandId.parse(`end-log/${attempt.stepId}/${attempt.fence}`),
      tenant: attempt.projectId,
      actor: { kind: 'system', id: 'log-svc' },
      trace: { correlationId: attempt.buildId },
      occurredAt: this.parts.now(),
    });
    if (handled.kind === 'rejected') throw new Error(handled.rejection.message);
    const state = handled.events.some((event) => event.type === 'LogDamaged') ? 'damaged' : 'sealed';
    await this.parts.store.close(attempt, state);
    if (state === 'damaged')
      this.parts.logger.warn('a log is damaged', {
        buildId: attempt.buildId,
        stepId: attempt.stepId,
        fence: attempt.fence,
        why,
      });
    const closed: LogAttempt = { ...attempt, state };
    sendStored(this.parts.signals, closed, { offset: stored.bytes, at: this.parts.now() });
    sendConfirmation(this.parts.signals, closed);
  }
}
