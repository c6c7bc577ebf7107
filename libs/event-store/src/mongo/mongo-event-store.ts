import type { CommandId, StreamKind, StreamRef } from '@cyclone/contracts';
import { mongo } from 'mongoose';
import { BoundedMap } from '../bounded-map.js';
import { isPositioned, lastVersion, recordedEvents, type PositionedCommit, type StoredCommit } from '../commit.js';
import { StreamConflictError } from '../errors.js';
import type { Append, AppendResult, EventStore, RecordedEvent, WorldPage } from '../event-store.js';
import type { CommitReader } from '../commit-reader.js';
import { genesisHash } from '../hash-chain.js';
import { prepareCommit, sealCommit, type PreparedCommit } from '../prepare-commit.js';
import { streamName } from '../stream-name.js';
import { worldPage } from '../world-page.js';
import type { CommitDocument } from './collections.js';
import { answered, isDuplicateKey, storeError } from './mongo-errors.js';

export interface MongoEventStoreOptions {
  /** Called after each append that stored something: wakes relays and feeds of the same process. */
  readonly onAppend?: () => void;
  /** Streams whose newest hash is remembered, so that an append needs no read before it. */
  readonly headsMax?: number;
}

/** End of a stream as it was once seen. Commits never change, so it stays the right hash for its version. */
interface Head {
  readonly version: number;
  readonly hash: string;
}

const contentOnly = { _id: 0, u: 0, ts: 0 } as const;

const result = (kind: AppendResult['kind'], commit: StoredCommit): AppendResult => ({
  kind,
  events: recordedEvents(commit),
  streamVersion: lastVersion(commit),
});

/**
 * One document per commit: one insert is one append, atomic without a transaction. Two unique indexes do the rest:
 * (stream, first version) lets one of several racing appends win, (stream, command) makes a command happen once.
 */
export class MongoEventStore implements EventStore, CommitReader {
  readonly #heads: BoundedMap<Head>;

  constructor(
    private readonly commits: mongo.Collection<CommitDocument>,
    private readonly options: MongoEventStoreOptions = {},
  ) {
    this.#heads = new BoundedMap(options.headsMax ?? 10_000);
  }

  async append(append: Append): Promise<AppendResult> {
    const prepared = prepareCommit(append);
    const previous = await this.#hashAt(prepared.content.s, append.expectedVersion);
    if (previous === undefined) return this.#repeatedOrConflict(prepared);
    const commit = sealCommit(prepared, previous);
    try {
      // The server fills a zero timestamp with its own.
      const ts = new mongo.Timestamp({ t: 0, i: 0 });
      await this.commits.insertOne({ _id: new mongo.ObjectId(), ...commit, u: true, ts });
    } catch (error) {
      if (!isDuplicateKey(error)) throw storeError(error, `append to ${commit.s}`);
      return this.#repeatedOrConflict(prepared);
    }
    this.#remember(commit);
    this.options.onAppend?.();
    return result('appended', commit);
  }

  async findCommand(stream: StreamRef, commandId: CommandId): Promise<AppendResult | undefined> {
    const filter = { s: streamName(stream), cmd: commandId.toWellFormed() };
    const found = await answered('find a command', () => this.#findOne(filter));
    return found === undefined ? undefined : result('repeated', found);
  }

  async readStream(
    stream: StreamRef,
    {
      afterVersion = 0,
      limit = Number.MAX_SAFE_INTEGER,
    }: { readonly afterVersion?: number; readonly limit?: number } = {},
  ): Promise<readonly RecordedEvent[]> {
    const name = streamName(stream);
    const events: RecordedEvent[] = [];
    await answered(`read ${name}`, async () => {
      for await (const commit of this.#streamFrom(name, afterVersion)) {
        this.#remember(commit);
        events.push(...recordedEvents(commit).filter((event) => event.streamVersion > afterVersion));
        if (events.length >= limit) break;
      }
    });
    return events.slice(0, limit);
  }

  async readAll({
    after,
    limit,
    tenants,
  }: {
    after: number;
    limit: number;
    tenants?: readonly string[];
  }): Promise<WorldPage> {
    const ofTenants = tenants === undefined ? {} : { t: { $in: [...tenants] } };
    const commitsUpTo = (horizon: number): AsyncIterable<PositionedCommit> =>
      positioned(
        this.commits
          .find({ g: { $gt: after, $lte: horizon }, ...ofTenants }, { projection: contentOnly })
          .sort({ g: 1 })
          .limit(limit)
          .batchSize(Math.min(limit, 200)),
      );
    return answered('read the world', async () => {
      if (tenants === undefined) {
        let isInOrder = true;
        const commits = withoutGap(commitsUpTo(Number.MAX_SAFE_INTEGER), after, () => (isInOrder = false));
        const { events } = await worldPage(commits, { after, limit, horizon: after });
        if (isInOrder || events.length > 0) return { events, position: events.at(-1)?.position ?? after };
      }
      // Where positions are missing, since they are others' or since they are damaged, the end is taken before the
      // commits are looked for: nothing up to it can appear behind the reader's back.
      const horizon = await this.lastPosition();
      if (horizon <= after) return { events: [], position: after };
      return worldPage(commitsUpTo(horizon), { after, limit, horizon });
    });
  }

  async lastPosition(): Promise<number> {
    const newest = await answered('read the last position', () =>
      this.commits.findOne({ g: { $gt: 0 } }, { sort: { g: -1 }, projection: { _id: 0, g: 1 } }),
    );
    return newest?.g ?? 0;
  }

  async *byStream({ kinds }: { readonly kinds?: readonly StreamKind[] } = {}): AsyncIterable<StoredCommit> {
    // `.` follows `-`: the range holds exactly the names that begin with `<kind>-`.
    const ranges = kinds?.map((kind) => ({ s: { $gte: `${kind}-`, $lt: `${kind}.` } }));
    const filter = ranges === undefined ? {} : { $or: ranges };
    yield* this.commits.find(filter, { projection: contentOnly }).sort({ s: 1, v: 1 }).batchSize(200);
  }

  async *byPosition({
    after,
    upTo = Number.MAX_SAFE_INTEGER,
  }: {
    readonly after: number;
    readonly upTo?: number;
  }): AsyncIterable<StoredCommit> {
    yield* this.commits
      .find({ g: { $gt: after, $lte: upTo } }, { projection: contentOnly })
      .sort({ g: 1 })
      .batchSize(200);
  }

  /** Commits that hold anything after the version; the first may begin before it. */
  async *#streamFrom(name: string, afterVersion: number): AsyncIterable<StoredCommit> {
    const around = afterVersion === 0 ? null : await this.#endingAtOrAfter(name, afterVersion);
    const from = around !== null && lastVersion(around) > afterVersion ? around.v : afterVersion + 1;
    yield* this.commits
      .find({ s: name, v: { $gte: from } }, { projection: contentOnly })
      .sort({ v: 1 })
      .batchSize(500);
  }

  async #endingAtOrAfter(name: string, version: number): Promise<Pick<StoredCommit, 'v' | 'n' | 'h'> | null> {
    const known = this.#heads.get(name);
    if (known?.version === version) return null;
    return this.commits.findOne(
      { s: name, v: { $lte: version } },
      { sort: { v: -1 }, projection: { _id: 0, v: 1, n: 1, h: 1 } },
    );
  }

  /** Hash of the commit that ends at the version; undefined where none does. */
  async #hashAt(name: string, version: number): Promise<string | undefined> {
    if (version === 0) return genesisHash;
    const known = this.#heads.get(name);
    if (known?.version === version) return known.hash;
    const before = await answered(`append to ${name}`, () => this.#endingAtOrAfter(name, version));
    return before !== null && lastVersion(before) === version ? before.h : undefined;
  }

  /**
   * After a duplicate key the server has waited for the majority, as for a write: what stood in the way is to be seen.
   */
  async #repeatedOrConflict({ content }: PreparedCommit): Promise<AppendResult> {
    const found = await answered(`append to ${content.s}`, () => this.#findOne({ s: content.s, cmd: content.cmd }));
    if (found === undefined) throw new StreamConflictError(content.s, content.v - 1);
    return result('repeated', found);
  }

  async #findOne(filter: { readonly s: string; readonly cmd: string }): Promise<StoredCommit | undefined> {
    return (await this.commits.findOne<StoredCommit>(filter, { projection: contentOnly })) ?? undefined;
  }

  #remember(commit: StoredCommit): void {
    const known = this.#heads.get(commit.s);
    if (known === undefined || known.version < lastVersion(commit)) {
      this.#heads.set(commit.s, { version: lastVersion(commit), hash: commit.h });
    }
  }
}

/** Up to the first position that is missing: perhaps a commit that cannot be seen yet, though a later one can. */
async function* withoutGap(
  commits: AsyncIterable<PositionedCommit>,
  after: number,
  onGap: () => void,
): AsyncIterable<PositionedCommit> {
  let next = after + 1;
  for await (const commit of commits) {
    if (commit.g !== next) return onGap();
    next += 1;
    yield commit;
  }
}

async function* positioned(commits: AsyncIterable<StoredCommit>): AsyncIterable<PositionedCommit> {
  for await (const commit of commits) if (isPositioned(commit)) yield commit;
}
