import type { Actor, CommandId, EpochMs, StreamKind, StreamRef, Trace } from '@cyclone/contracts';
import { BoundedMap } from './bounded-map.js';
import type { Decider, Rejection } from './decider.js';
import { StreamConflictError, TooManyConflictsError } from './errors.js';
import type { AppendResult, EventStore, RecordedEvent } from './event-store.js';
import { streamName } from './stream-name.js';

type DomainEvent = { readonly type: string; readonly data: unknown };

export interface CommandHandlerOptions<State, Command, Event extends DomainEvent, R extends Rejection> {
  readonly store: EventStore;
  readonly kind: StreamKind;
  readonly decider: Decider<State, Command, Event, R>;
  /** States kept in memory, least recently used out first: a command then costs one append, however long its stream. */
  readonly statesMax?: number;
  /** How often a command is decided again because its stream moved meanwhile. */
  readonly attemptsMax?: number;
  /** Waits between those attempts; a spec gives its own. */
  readonly pause?: (attempt: number) => Promise<void>;
}

/** Who asks for what, when. Ids and time are the caller's: nothing here looks at a clock. */
export interface HandledCommand<Command> {
  readonly id: string;
  readonly command: Command;
  readonly commandId: CommandId;
  readonly tenant: string;
  readonly actor: Actor;
  readonly trace: Trace;
  readonly occurredAt: EpochMs;
}

export interface StreamState<State> {
  readonly state: State;
  /** Version of the stream that `state` is the fold of; 0 when there is no such stream. */
  readonly streamVersion: number;
}

export type Handled<State, R extends Rejection> =
  | (StreamState<State> & {
      readonly kind: 'accepted';
      /** Those of this command: just appended, or found from when it was carried out before. Empty: nothing to do. */
      readonly events: readonly RecordedEvent[];
    })
  | { readonly kind: 'rejected'; readonly rejection: R };

export interface CommandHandler<State, Command, R extends Rejection> {
  handle(command: HandledCommand<Command>): Promise<Handled<State, R>>;
  /** The stream as it is now. */
  load(id: string): Promise<StreamState<State>>;
}

const jitteredPause = (attempt: number): Promise<void> => {
  const delayMsMax = Math.min(2 ** attempt, 64);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * delayMsMax));
};

/**
 * Load, decide, append; decide again when the stream moved.
 *
 * A command id is carried out once per stream: repeated, it answers with the commit that is there, also where the
 * decider would now reject it. Commands of one stream wait for each other inside this handler, so that only other
 * processes can be met as conflicts. It decides on the remembered state first and reads the stream only when the
 * answer is not an append, which would find out by itself that the state was old.
 */
export const createCommandHandler = <State, Command, Event extends DomainEvent, R extends Rejection>(
  options: CommandHandlerOptions<State, Command, Event, R>,
): CommandHandler<State, Command, R> => {
  const { store, kind, decider, statesMax = 2000, attemptsMax = 16, pause = jitteredPause } = options;
  const states = new BoundedMap<StreamState<State>>(statesMax);
  const turns = new Map<string, Promise<unknown>>();

  const fold = (from: StreamState<State>, events: readonly RecordedEvent[]): StreamState<State> => {
    let { state, streamVersion } = from;
    for (const event of events) {
      if (event.streamVersion <= streamVersion) continue;
      // The store has parsed the event with the schema that `Event` is inferred from.
      state = decider.evolve(state, event as unknown as Event & RecordedEvent);
      streamVersion = event.streamVersion;
    }
    return { state, streamVersion };
  };

  const remember = (stream: StreamRef, now: StreamState<State>): void => {
    const known = states.get(streamName(stream));
    if (now.streamVersion > (known?.streamVersion ?? 0)) states.set(streamName(stream), now);
  };

  const refresh = async (stream: StreamRef): Promise<StreamState<State>> => {
    const known = states.get(streamName(stream)) ?? { state: decider.initialState, streamVersion: 0 };
    const now = fold(known, await store.readStream(stream, { afterVersion: known.streamVersion }));
    remember(stream, now);
    return now;
  };

  /** A conflict without anything newer to read: what is remembered was never so, or is no more. */
  const refreshAfterConflict = async (stream: StreamRef): Promise<void> => {
    const known = states.get(streamName(stream));
    const now = await refresh(stream);
    if (now.streamVersion === known?.streamVersion) states.delete(streamName(stream));
  };

  const answerRepeated = async (stream: StreamRef, found: AppendResult): Promise<Handled<State, R>> => ({
    kind: 'accepted',
    events: found.events,
    ...(await refresh(stream)),
  });

  const appended = (stream: StreamRef, from: StreamState<State>, result: AppendResult): Handled<State, R> => {
    const now = fold(from, result.events);
    remember(stream, now);
    return { kind: 'accepted', events: result.events, ...now };
  };

  const attempt = async (stream: StreamRef, request: HandledCommand<Command>): Promise<Handled<State, R>> => {
    const remembered = states.get(streamName(stream));
    let current = remembered ?? (await refresh(stream));
    let decision = decider.decide(request.command, current.state);
    if (remembered !== undefined && (decision.kind === 'rejected' || decision.events.length === 0)) {
      current = await refresh(stream);
      if (current.streamVersion > remembered.streamVersion) decision = decider.decide(request.command, current.state);
    }
    if (decision.kind === 'accepted' && decision.events.length > 0) {
      const { commandId, tenant, actor, trace, occurredAt } = request;
      const about = { stream, commandId, tenant, actor, trace, occurredAt };
      const result = await store.append({ ...about, expectedVersion: current.streamVersion, events: decision.events });
      return result.kind === 'appended' ? appended(stream, current, result) : answerRepeated(stream, result);
    }
    const found = current.streamVersion === 0 ? undefined : await store.findCommand(stream, request.commandId);
    if (found !== undefined) return answerRepeated(stream, found);
    return decision.kind === 'rejected' ? decision : { kind: 'accepted', events: [], ...current };
  };

  const handleInTurn = async (stream: StreamRef, request: HandledCommand<Command>): Promise<Handled<State, R>> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt(stream, request);
      } catch (error) {
        if (!(error instanceof StreamConflictError)) throw error;
        if (tried >= attemptsMax) throw new TooManyConflictsError(streamName(stream), tried);
        await pause(tried);
        await refreshAfterConflict(stream);
      }
    }
  };

  const handle = async (request: HandledCommand<Command>): Promise<Handled<State, R>> => {
    const stream: StreamRef = { kind, id: request.id };
    const name = streamName(stream);
    const before = turns.get(name) ?? Promise.resolve();
    const turn = before.then(
      () => handleInTurn(stream, request),
      () => handleInTurn(stream, request),
    );
    turns.set(name, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(name) === turn) turns.delete(name);
    }
  };

  return { handle, load: (id) => refresh({ kind, id }) };
};
