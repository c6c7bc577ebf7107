import type { CommandId, StreamRef } from '@cyclone/contracts';
import { isPositioned, lastVersion, recordedEvents, type PositionedCommit, type StoredCommit } from '../commit.js';
import { StreamConflictError } from '../errors.js';
import type { Append, AppendResult, EventStore, RecordedEvent, WorldPage } from '../event-store.js';
import type { CommitReader } from '../commit-reader.js';
import { genesisHash } from '../hash-chain.js';
import { prepareCommit, sealCommit } from '../prepare-commit.js';
import type { PositionStore } from '../relay/position-store.js';
import { parseStreamName, streamName } from '../stream-name.js';
import { worldPage } from '../world-page.js';

export interface MemoryEventStoreOptions {
  /** Called after each append that stored something: wakes relays and feeds of the same process. */
  readonly onAppend?: () => void;
  /** Positions are given at once, or wait for a sequencer as on MongoDB. */
  readonly positions?: 'at-once' | 'by-sequencer';
}

const result = (kind: AppendResult['kind'], commit: StoredCommit): AppendResult => ({
  kind,
  events: recordedEvents(commit),
  streamVersion: lastVersion(commit),
});

/** For specs and tools: everything that the Mongo adapter does, kept by nobody. */
export class MemoryEventStore implements EventStore, CommitReader, PositionStore {
  readonly #streams = new Map<string, StoredCommit[]>();
  readonly #world: PositionedCommit[] = [];
  #waiting: StoredCommit[] = [];

  constructor(private readonly options: MemoryEventStoreOptions = {}) {}

  async append(append: Append): Promise<AppendResult> {
    const prepared = prepareCommit(append);
    const name = prepared.content.s;
    const commits = this.#streams.get(name) ?? [];
    const repeated = commits.find((commit) => commit.cmd === prepared.content.cmd);
    if (repeated !== undefined) return result('repeated', repeated);
    const head = commits.at(-1);
    if ((head === undefined ? 0 : lastVersion(head)) !== append.expectedVersion) {
      throw new StreamConflictError(name, append.expectedVersion);
    }
    const commit = sealCommit(prepared, head?.h ?? genesisHash);
    this.#streams.set(name, [...commits, commit]);
    this.#waiting.push(commit);
    if (this.options.positions !== 'by-sequencer') await this.assign([...this.#waiting], this.#world.length);
    this.options.onAppend?.();
    return result('appended', commit);
  }

  async findCommand(stream: StreamRef, commandId: CommandId): Promise<AppendResult | undefined> {
    const found = this.#streams.get(streamName(stream))?.find((commit) => commit.cmd === commandId);
    return found === undefined ? undefined : result('repeated', found);
  }

  async readStream(
    stream: StreamRef,
    {
      afterVersion = 0,
      limit = Number.MAX_SAFE_INTEGER,
    }: { readonly afterVersion?: number; readonly limit?: number } = {},
  ): Promise<readonly RecordedEvent[]> {
    const commits = this.#streams.get(streamName(stream)) ?? [];
    return commits
      .flatMap((commit) => recordedEvents(commit))
      .filter((event) => event.streamVersion > afterVersion)
      .slice(0, limit);
  }

  async readAll(range: { after: number; limit: number; tenants?: readonly string[] }): Promise<WorldPage> {
    const { tenants } = range;
    const seen = this.#world.slice(range.after).filter((commit) => tenants === undefined || tenants.includes(commit.t));
    return worldPage(seen, { ...range, horizon: this.#world.length });
  }

  async lastPosition(): Promise<number> {
    return this.#world.length;
  }

  async *byStream({ kinds }: { readonly kinds?: readonly StreamRef['kind'][] } = {}): AsyncIterable<StoredCommit> {
    for (const name of [...this.#streams.keys()].sort()) {
      if (kinds !== undefined && !kinds.includes(parseStreamName(name).kind)) continue;
      yield* this.#streams.get(name) ?? [];
    }
  }

  async *byPosition({
    after,
    upTo = Number.MAX_SAFE_INTEGER,
  }: {
    readonly after: number;
    readonly upTo?: number;
  }): AsyncIterable<StoredCommit> {
    for (const commit of this.#world) if (isPositioned(commit) && commit.g > after && commit.g <= upTo) yield commit;
  }

  async waiting(limit: number): Promise<readonly StoredCommit[]> {
    return this.#waiting.slice(0, limit);
  }

  async assign(commits: readonly StoredCommit[], after: number): Promise<boolean> {
    for (const [index, { s, v }] of commits.entries()) {
      const waits = this.#waiting.find((commit) => commit.s === s && commit.v === v);
      if (waits === undefined || this.#world.length !== after + index) return false;
      const placed = { ...waits, g: after + index + 1 };
      this.#world.push(placed);
      this.#waiting = this.#waiting.filter((commit) => commit !== waits);
      this.#streams.set(
        s,
        (this.#streams.get(s) ?? []).map((commit) => (commit === waits ? placed : commit)),
      );
    }
    return true;
  }

  async positioned(after: number, limit: number): Promise<readonly PositionedCommit[]> {
    return this.#world.slice(after, after + limit);
  }

  /** Memory has no clock, so its window reaches back to the beginning. */
  async positionBefore(): Promise<number> {
    return 0;
  }
}
