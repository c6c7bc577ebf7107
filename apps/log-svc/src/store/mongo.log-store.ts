import { type BuildId, type EpochMs, type StepId, logChunkBytesMax } from '@cyclone/contracts';
import { databaseOf, durableCollection } from '@cyclone/event-store/mongo';
import { type Connection, mongo } from 'mongoose';
import { type ContiguousPrefix, emptyPrefix, extendPrefix } from '../ingest/domain/chunk-sequence.js';
import { decodeChunk, encodeChunk } from './chunk-encoding.js';
import {
  type AttemptDocument,
  type ChunkDocument,
  chunkName,
  lastChunkName,
  nameOf,
  toAttempt,
} from './log-documents.js';
import type {
  AttemptKey,
  AttemptState,
  LogAttempt,
  LogDelta,
  LogStore,
  NewChunk,
  PutResult,
  StoredChunk,
} from './log-store.js';

const duplicateKey = 11_000;
const pageOfChunks = 64;

const isDuplicateKey = (error: unknown): boolean =>
  error instanceof mongo.MongoServerError && error.code === duplicateKey;

/** Chunks in `log_chunks`, one small document per attempt in `log_attempts`. A batch costs four round trips, whatever its size. */
export class MongoLogStore implements LogStore {
  private constructor(
    private readonly chunks: mongo.Collection<ChunkDocument>,
    private readonly attempts: mongo.Collection<AttemptDocument>,
  ) {}

  /** The store in the connection's database; its indexes exist when this resolves. */
  static async open(connection: Connection): Promise<MongoLogStore> {
    const store = MongoLogStore.toRead(await databaseOf(connection));
    await store.chunks.createIndex({ k: 1, o: 1 });
    await store.attempts.createIndexes([
      { key: { buildId: 1, stepId: 1, fence: 1 } },
      { key: { state: 1, touchedAt: 1 } },
    ]);
    return store;
  }

  /** For who may only read: nothing is made. */
  static toRead(db: mongo.Db): MongoLogStore {
    return new MongoLogStore(
      durableCollection<ChunkDocument>(db, 'log_chunks'),
      durableCollection<AttemptDocument>(db, 'log_attempts'),
    );
  }

  async put(deltas: readonly LogDelta[], now: EpochMs): Promise<readonly PutResult[]> {
    const known = await this.#attemptsOfSteps(deltas);
    const plans = deltas.map((delta) => {
      const owner = known.find(
        (each) => each.buildId === delta.attempt.buildId && each.stepId === delta.attempt.stepId,
      );
      const there = known.find((each) => each._id === nameOf(delta.attempt));
      return { delta, owner, there };
    });
    const writable = plans.filter(
      ({ delta, owner, there }) =>
        (owner === undefined || owner.jobId === delta.attempt.jobId) && (there === undefined || there.state === 'open'),
    );
    const fresh = await this.#insert(writable.map(({ delta }) => delta));
    return Promise.all(
      plans.map(async ({ delta, owner, there }): Promise<PutResult> => {
        if (owner !== undefined && owner.jobId !== delta.attempt.jobId)
          return { kind: 'foreign', ownerJobId: owner.jobId };
        if (there !== undefined && there.state !== 'open')
          return { kind: 'stored', attempt: toAttempt(there), fresh: [] };
        const prefix = await this.#grow(delta, there);
        const attempt = await this.#advance(delta, prefix, now);
        return { kind: 'stored', attempt, fresh: attempt.state === 'open' ? (fresh.get(delta) ?? []) : [] };
      }),
    );
  }

  async #attemptsOfSteps(deltas: readonly LogDelta[]): Promise<AttemptDocument[]> {
    if (deltas.length === 0) return [];
    const steps = deltas.map(({ attempt }) => ({ buildId: attempt.buildId, stepId: attempt.stepId }));
    return this.attempts.find({ $or: steps }).toArray();
  }

  /** Inserts all chunks in one go; which of them were new is told by the errors of the others. */
  async #insert(deltas: readonly LogDelta[]): Promise<Map<LogDelta, NewChunk[]>> {
    const rows = deltas.flatMap((delta) => delta.chunks.map((chunk) => ({ delta, chunk })));
    const documents = await Promise.all(rows.map(({ delta, chunk }) => this.#encode(nameOf(delta.attempt), chunk)));
    const refused = new Set<number>();
    if (documents.length > 0) {
      try {
        await this.chunks.insertMany(documents, { ordered: false });
      } catch (error) {
        if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
        const errors = [error.writeErrors].flat();
        if (
          errors.length === 0 ||
          errors.some((each) => each.code !== duplicateKey) ||
          error.result.getWriteConcernError() !== undefined
        )
          throw error;
        for (const each of errors) refused.add(each.index);
      }
    }
    const fresh = new Map<LogDelta, NewChunk[]>();
    for (const [index, { delta, chunk }] of rows.entries()) {
      if (!refused.has(index)) fresh.set(delta, [...(fresh.get(delta) ?? []), chunk]);
    }
    for (const chunks of fresh.values()) chunks.sort((a, b) => a.seq - b.seq);
    return fresh;
  }

  async #encode(attempt: string, chunk: NewChunk): Promise<ChunkDocument> {
    const { gz, data } = await encodeChunk(chunk.data);
    return {
      _id: chunkName(attempt, chunk.seq),
      k: attempt,
      q: chunk.seq,
      o: chunk.offset,
      n: chunk.data.byteLength,
      at: chunk.at,
      gz,
      d: new mongo.Binary(data),
    };
  }

  /** Looks at the store and not only at the delta, since another process may have filled what lies beyond. */
  async #grow(delta: LogDelta, there: AttemptDocument | undefined): Promise<ContiguousPrefix> {
    const prefix = there === undefined ? emptyPrefix : toAttempt(there).prefix;
    const name = nameOf(delta.attempt);
    const spans = await this.chunks
      .find({ _id: { $gte: chunkName(name, prefix.nextSeq), $lt: lastChunkName(name) } })
      .project<{ q: number; o: number; n: number }>({ _id: 0, q: 1, o: 1, n: 1 })
      .sort({ _id: 1 })
      .toArray();
    return extendPrefix(
      prefix,
      spans.map(({ q, o, n }) => ({ seq: q, offset: o, bytes: n })),
    );
  }

  /** Prefix and times only ever grow, so that the order in which processes get here does not matter. */
  async #advance(delta: LogDelta, prefix: ContiguousPrefix, now: EpochMs): Promise<LogAttempt> {
    const { projectId, buildId, jobId, stepId, runnerId, fence } = delta.attempt;
    const times = delta.chunks.map((chunk) => chunk.at);
    const filter = { _id: nameOf(delta.attempt), state: 'open' as const };
    const update: mongo.Document[] = [
      {
        $set: {
          projectId,
          buildId,
          jobId,
          stepId,
          runnerId,
          fence,
          nextSeq: { $max: ['$nextSeq', prefix.nextSeq] },
          bytes: { $max: ['$bytes', prefix.bytes] },
          broken: { $max: ['$broken', prefix.broken] },
          seal: { $ifNull: ['$seal', { $literal: delta.seal ?? null }] },
          firstAt: { $min: ['$firstAt', ...times] },
          lastAt: { $max: ['$lastAt', ...times] },
          touchedAt: { $max: ['$touchedAt', now] },
        },
      },
    ];
    for (let tries = 1; ; tries += 1) {
      try {
        const document = await this.attempts.findOneAndUpdate(filter, update, {
          upsert: true,
          returnDocument: 'after',
        });
        if (document !== null) return toAttempt(document);
      } catch (error) {
        // Somebody made it at the same moment, or it was closed since we looked.
        if (!isDuplicateKey(error) || tries >= 3) throw error;
        const there = await this.attempts.findOne({ _id: filter._id });
        if (there !== null && there.state !== 'open') return toAttempt(there);
      }
    }
  }

  async attempt(key: AttemptKey): Promise<LogAttempt | undefined> {
    const document = await this.attempts.findOne({ _id: nameOf(key) });
    return document === null ? undefined : toAttempt(document);
  }

  async newestAttempt(buildId: BuildId, stepId: StepId): Promise<LogAttempt | undefined> {
    const document = await this.attempts.findOne({ buildId, stepId }, { sort: { fence: -1 } });
    return document === null ? undefined : toAttempt(document);
  }

  async attemptsOf(buildId: BuildId): Promise<readonly LogAttempt[]> {
    const documents = await this.attempts.find({ buildId }).sort({ buildId: 1, stepId: 1, fence: 1 }).toArray();
    return documents.map(toAttempt);
  }

  async readRange(attempt: LogAttempt, offset: number, limit: number): Promise<Uint8Array> {
    const end = Math.min(offset + limit, attempt.prefix.bytes);
    if (offset >= end) return new Uint8Array();
    const documents = await this.chunks
      .find({ k: nameOf(attempt), o: { $gt: offset - logChunkBytesMax, $lt: end }, q: { $lt: attempt.prefix.nextSeq } })
      .sort({ k: 1, o: 1, q: 1 })
      .toArray();
    const parts = await Promise.all(
      documents.filter(({ o, n }) => o + n > offset).map((document) => this.#decode(document)),
    );
    const first = parts[0];
    if (first === undefined) return new Uint8Array();
    const skip = offset - first.offset;
    return Buffer.concat(parts.map((part) => part.data)).subarray(skip, skip + end - offset);
  }

  async *chunksOf(attempt: LogAttempt): AsyncIterable<StoredChunk> {
    for await (const document of this.#prefixOf(attempt)) yield await this.#decode(document);
  }

  /** As {@link chunksOf}, but what cannot be unpacked comes without its bytes: for checks. */
  async *storedChunks(
    key: AttemptKey,
  ): AsyncIterable<{ readonly seq: number; readonly offset: number; readonly bytes: Uint8Array | undefined }> {
    const attempt = await this.attempt(key);
    if (attempt === undefined) return;
    for await (const document of this.#prefixOf(attempt)) {
      const bytes = await this.#decode(document).then(
        ({ data }) => data,
        () => undefined,
      );
      yield { seq: document.q, offset: document.o, bytes };
    }
  }

  #prefixOf(attempt: LogAttempt): AsyncIterable<ChunkDocument> {
    const name = nameOf(attempt);
    return this.chunks
      .find(
        { _id: { $gte: chunkName(name, 0), $lt: chunkName(name, attempt.prefix.nextSeq) } },
        { batchSize: pageOfChunks },
      )
      .sort({ _id: 1 });
  }

  async #decode(document: ChunkDocument): Promise<StoredChunk> {
    const data = await decodeChunk({ gz: document.gz, data: document.d.value() }, logChunkBytesMax);
    return { seq: document.q, offset: document.o, at: document.at, data };
  }

  async close(key: AttemptKey, state: 'sealed' | 'damaged'): Promise<void> {
    await this.attempts.updateOne({ _id: nameOf(key), state: 'open' }, { $set: { state } });
  }

  async silentSince(before: EpochMs, limit: number): Promise<readonly LogAttempt[]> {
    return this.#touchedBefore(['open'], before, limit);
  }

  async olderThan(before: EpochMs, limit: number): Promise<readonly LogAttempt[]> {
    return this.#touchedBefore(['open', 'sealed', 'damaged'], before, limit);
  }

  async #touchedBefore(
    states: readonly AttemptState[],
    before: EpochMs,
    limit: number,
  ): Promise<readonly LogAttempt[]> {
    const documents = await this.attempts
      .find({ state: { $in: states }, touchedAt: { $lt: before } })
      .sort({ touchedAt: 1 })
      .limit(limit)
      .toArray();
    return documents.map(toAttempt);
  }

  /** The mark comes first: once it is set nothing is added, so that the removal leaves nothing behind. */
  async forget(key: AttemptKey): Promise<void> {
    await this.attempts.updateOne({ _id: nameOf(key) }, { $set: { state: 'expired' } });
    await this.chunks.deleteMany({ k: nameOf(key) });
  }
}
