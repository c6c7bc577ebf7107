import type { Actor, BuildEvent, BuildId, CommandId, ProjectId, Trace } from '@cyclone/contracts';
import {
  createCommandHandler,
  type CommandHandler,
  type EventStore,
  type Handled,
  type StreamState,
} from '@cyclone/event-store';
import type { Clock } from '../clock.js';
import { isBuildEvent, type RecordedBuildEvent } from '../recorded-events.js';
import type { BuildCommand } from './domain/build-commands.js';
import { buildDecider } from './domain/build-decider.js';
import type { BuildRejection } from './domain/build-rejections.js';
import type { BuildState } from './domain/build-state.js';

/** Who wants something, why, and under which id it is carried out once. */
export interface Origin {
  readonly commandId: CommandId;
  readonly actor: Actor;
  readonly trace: Trace;
}

export type CommittedListener = (events: readonly RecordedBuildEvent[], state: BuildState) => void;

/** The builds' streams: load, decide, append, and tell those in this process who may react at once. */
export class Builds {
  readonly #handler: CommandHandler<BuildState, BuildCommand, BuildRejection>;
  readonly #listeners = new Set<CommittedListener>();

  constructor(
    private readonly store: EventStore,
    private readonly now: Clock,
  ) {
    this.#handler = createCommandHandler<BuildState, BuildCommand, BuildEvent, BuildRejection>({
      store,
      kind: 'build',
      decider: buildDecider,
    });
  }

  /** A listener starts its reaction and returns; the relay is what guarantees that the reaction happens. */
  onCommitted(listener: CommittedListener): void {
    this.#listeners.add(listener);
  }

  async carryOut(
    buildId: BuildId,
    projectId: ProjectId,
    command: BuildCommand,
    origin: Origin,
  ): Promise<Handled<BuildState, BuildRejection>> {
    const handled = await this.#handler.handle({
      id: buildId,
      command,
      tenant: projectId,
      occurredAt: this.now(),
      ...origin,
    });
    if (handled.kind === 'accepted' && handled.events.length > 0) {
      const events = handled.events.filter(isBuildEvent);
      for (const listener of this.#listeners) listener(events, handled.state);
    }
    return handled;
  }

  load(buildId: BuildId): Promise<StreamState<BuildState>> {
    return this.#handler.load(buildId);
  }

  async history(
    buildId: BuildId,
    range: { afterVersion?: number; limit?: number } = {},
  ): Promise<readonly RecordedBuildEvent[]> {
    const events = await this.store.readStream({ kind: 'build', id: buildId }, range);
    return events.filter(isBuildEvent);
  }

  /** What was asked for: the first event of the stream. */
  async request(buildId: BuildId): Promise<RequestedEvent | undefined> {
    const [first] = await this.history(buildId, { limit: 1 });
    return first?.type === 'BuildRequested' ? first : undefined;
  }
}

export type RequestedEvent = Extract<RecordedBuildEvent, { type: 'BuildRequested' }>;
export type PlannedEvent = Extract<RecordedBuildEvent, { type: 'BuildPlanned' }>;
