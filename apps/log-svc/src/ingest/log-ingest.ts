import type { EpochMs } from '@cyclone/contracts';
import { type IncomingMessage, type Outcome, type Signals, done, rejectMessage, retryAfter } from '@cyclone/messaging';
import type {
  AttemptIdentity,
  LogAttempt,
  LogDelta,
  LogStore,
  NewChunk,
  PutResult,
  SealRequest,
} from '../store/log-store.js';
import { isComplete } from './domain/chunk-sequence.js';
import { judgeJobToken } from './domain/judge-job-token.js';
import { type LogMessage, readLogMessage } from './read-log-message.js';
import type { JobTokenVerifier } from './job-token-verifier.js';
import { sendConfirmation, sendStored } from './log-notices.js';

export interface LogIngestParts {
  readonly store: LogStore;
  readonly tokens: JobTokenVerifier;
  readonly signals: Signals;
  readonly now: () => EpochMs;
  /** Told of an attempt whose last byte is stored. It must not wait for the check: acks are pending meanwhile. */
  readonly onComplete: (attempt: LogAttempt) => void;
}

/** When pipeline-svc, who knows the key, does not answer. */
const keyRetryMs = 2_000;

interface Group {
  readonly identity: AttemptIdentity;
  readonly chunks: NewChunk[];
  seal?: SealRequest;
  /** Places of its messages in the batch. */
  readonly indexes: number[];
}

type Accepted =
  | { readonly kind: 'accepted'; readonly message: LogMessage }
  | { readonly kind: 'turned-away'; readonly outcome: Outcome };

/**
 * Takes log messages in batches: checks the job's token, stores, then tells the watchers and confirms to the runner.
 * Everything after the store is a hint; a runner that misses its confirmation sends again, which changes nothing.
 */
export class LogIngest {
  constructor(private readonly parts: LogIngestParts) {}

  async handle(messages: readonly IncomingMessage[]): Promise<readonly Outcome[]> {
    const checked = await Promise.all(messages.map((message) => this.#check(message)));
    const groups = groupByAttempt(checked);
    const results = await this.parts.store.put(groups.map(toDelta), this.parts.now());
    const outcomes = checked.map((each) => (each.kind === 'accepted' ? done : each.outcome));
    for (const [index, group] of groups.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error('the store answered fewer attempts than it was given');
      const outcome = this.#afterwards(group, result);
      for (const at of group.indexes) outcomes[at] = outcome;
    }
    return outcomes;
  }

  async #check(incoming: IncomingMessage): Promise<Accepted> {
    const reading = readLogMessage(incoming);
    if (reading.kind === 'unreadable') return { kind: 'turned-away', outcome: rejectMessage(reading.reason) };
    try {
      const verdict = await this.parts.tokens.verify(reading.message.token);
      const refusal =
        verdict.kind === 'forged' ? verdict.reason : judgeJobToken(verdict.claims, reading.message, this.parts.now());
      if (refusal !== undefined) return { kind: 'turned-away', outcome: rejectMessage(refusal) };
      return { kind: 'accepted', message: reading.message };
    } catch (error) {
      return {
        kind: 'turned-away',
        outcome: retryAfter(keyRetryMs, `the job token could not be checked: ${String(error)}`),
      };
    }
  }

  #afterwards(group: Group, result: PutResult): Outcome {
    if (result.kind === 'foreign')
      return rejectMessage(`the log of step ${group.identity.stepId} belongs to job ${result.ownerJobId}`);
    const { attempt, fresh } = result;
    this.#tellWatchers(attempt, fresh);
    sendConfirmation(this.parts.signals, attempt);
    if (attempt.state === 'open' && attempt.seal !== undefined && isComplete(attempt.prefix, attempt.seal.seq))
      this.parts.onComplete(attempt);
    return done;
  }

  /** Each new chunk with its bytes; an empty notice where the prefix grew over chunks that came earlier, so that tails look. */
  #tellWatchers(attempt: LogAttempt, fresh: readonly NewChunk[]): void {
    for (const chunk of fresh)
      sendStored(this.parts.signals, attempt, { offset: chunk.offset, at: chunk.at, data: chunk.data });
    const last = fresh.at(-1);
    if (last !== undefined && attempt.prefix.bytes > last.offset + last.data.byteLength) {
      sendStored(this.parts.signals, attempt, { offset: attempt.prefix.bytes, at: last.at });
    }
  }
}

const toDelta = (group: Group): LogDelta => ({ attempt: group.identity, chunks: group.chunks, seal: group.seal });

const groupByAttempt = (checked: readonly Accepted[]): Group[] => {
  const groups = new Map<string, Group>();
  for (const [index, each] of checked.entries()) {
    if (each.kind !== 'accepted') continue;
    const { place, header, data } = each.message;
    const name = `${place.buildId}/${place.jobId}/${place.stepId}/${header.fence}`;
    const group = groups.get(name) ?? {
      identity: { ...place, runnerId: header.runnerId, fence: header.fence },
      chunks: [],
      indexes: [],
    };
    groups.set(name, group);
    group.indexes.push(index);
    if (header.kind === 'seal') group.seal = { seq: header.seq, summary: header.summary };
    else group.chunks.push({ seq: header.seq, offset: header.offset, at: header.at, data });
  }
  return [...groups.values()];
};
