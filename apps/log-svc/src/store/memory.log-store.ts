import type { BuildId, EpochMs, StepId } from '@cyclone/contracts';
import { type ChunkSpan, emptyPrefix, extendPrefix } from '../ingest/domain/chunk-sequence.js';
import type { AttemptKey, LogAttempt, LogDelta, LogStore, NewChunk, PutResult, StoredChunk } from './log-store.js';

const nameOf = (key: AttemptKey): string => `${key.buildId}/${key.stepId}/${key.fence}`;

interface Entry {
  attempt: LogAttempt;
  readonly chunks: Map<number, StoredChunk>;
}

/** For specs, and for one process without a database. */
export class MemoryLogStore implements LogStore {
  readonly #entries = new Map<string, Entry>();

  async put(deltas: readonly LogDelta[], now: EpochMs): Promise<readonly PutResult[]> {
    return deltas.map((delta) => this.#putOne(delta, now));
  }

  #putOne(delta: LogDelta, now: EpochMs): PutResult {
    const { buildId, stepId } = delta.attempt;
    const other = this.#all().find(
      (each) => each.buildId === buildId && each.stepId === stepId && each.jobId !== delta.attempt.jobId,
    );
    if (other !== undefined) return { kind: 'foreign', ownerJobId: other.jobId };
    const entry = this.#entryOf(delta, now);
    if (entry.attempt.state !== 'open') return { kind: 'stored', attempt: entry.attempt, fresh: [] };
    const fresh: NewChunk[] = [];
    for (const chunk of delta.chunks) {
      if (entry.chunks.has(chunk.seq)) continue;
      entry.chunks.set(chunk.seq, { ...chunk, data: chunk.data.slice() });
      fresh.push(chunk);
    }
    const times = [entry.attempt.firstAt, entry.attempt.lastAt, ...fresh.map((chunk) => chunk.at)].filter(
      (at) => at !== undefined,
    );
    entry.attempt = {
      ...entry.attempt,
      prefix: extendPrefix(entry.attempt.prefix, this.#spans(entry)),
      seal: entry.attempt.seal ?? delta.seal,
      firstAt: times.length === 0 ? undefined : Math.min(...times),
      lastAt: times.length === 0 ? undefined : Math.max(...times),
      touchedAt: now,
    };
    return { kind: 'stored', attempt: entry.attempt, fresh: fresh.sort((a, b) => a.seq - b.seq) };
  }

  async attempt(key: AttemptKey): Promise<LogAttempt | undefined> {
    return this.#entries.get(nameOf(key))?.attempt;
  }

  async newestAttempt(buildId: BuildId, stepId: StepId): Promise<LogAttempt | undefined> {
    return (await this.attemptsOf(buildId)).findLast((attempt) => attempt.stepId === stepId);
  }

  async attemptsOf(buildId: BuildId): Promise<readonly LogAttempt[]> {
    return this.#all()
      .filter((attempt) => attempt.buildId === buildId)
      .sort((a, b) => (a.stepId < b.stepId ? -1 : a.stepId > b.stepId ? 1 : a.fence - b.fence));
  }

  async readRange(attempt: LogAttempt, offset: number, limit: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const chunk of this.chunksOf(attempt)) parts.push(chunk.data);
    return new Uint8Array(Buffer.concat(parts).subarray(offset, offset + limit));
  }

  async *chunksOf(attempt: LogAttempt): AsyncIterable<StoredChunk> {
    const entry = this.#entries.get(nameOf(attempt));
    if (entry === undefined) return;
    for (const chunk of this.#sorted(entry)) {
      if (chunk.seq < attempt.prefix.nextSeq) yield chunk;
    }
  }

  async close(key: AttemptKey, state: 'sealed' | 'damaged'): Promise<void> {
    const entry = this.#entries.get(nameOf(key));
    if (entry?.attempt.state === 'open') entry.attempt = { ...entry.attempt, state };
  }

  async silentSince(before: EpochMs, limit: number): Promise<readonly LogAttempt[]> {
    return this.#touchedBefore(before, limit, (attempt) => attempt.state === 'open');
  }

  async olderThan(before: EpochMs, limit: number): Promise<readonly LogAttempt[]> {
    return this.#touchedBefore(before, limit, (attempt) => attempt.state !== 'expired');
  }

  async forget(key: AttemptKey): Promise<void> {
    const entry = this.#entries.get(nameOf(key));
    if (entry === undefined) return;
    entry.chunks.clear();
    entry.attempt = { ...entry.attempt, state: 'expired' };
  }

  #touchedBefore(before: EpochMs, limit: number, keep: (attempt: LogAttempt) => boolean): readonly LogAttempt[] {
    return this.#all()
      .filter((attempt) => attempt.touchedAt < before && keep(attempt))
      .sort((a, b) => a.touchedAt - b.touchedAt)
      .slice(0, limit);
  }

  #entryOf(delta: LogDelta, now: EpochMs): Entry {
    const name = nameOf(delta.attempt);
    const there = this.#entries.get(name);
    if (there !== undefined) return there;
    const made: Entry = {
      attempt: { ...delta.attempt, state: 'open', prefix: emptyPrefix, touchedAt: now },
      chunks: new Map(),
    };
    this.#entries.set(name, made);
    return made;
  }

  #all(): LogAttempt[] {
    return [...this.#entries.values()].map((entry) => entry.attempt);
  }

  #spans(entry: Entry): ChunkSpan[] {
    return this.#sorted(entry).map(({ seq, offset, data }) => ({ seq, offset, bytes: data.byteLength }));
  }

  #sorted(entry: Entry): StoredChunk[] {
    return [...entry.chunks.values()].sort((a, b) => a.seq - b.seq);
  }
}
