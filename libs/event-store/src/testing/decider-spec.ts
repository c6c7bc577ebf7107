import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Decider, Rejection } from '../decider.js';

type DomainEvent = { readonly type: string; readonly data: unknown };

export interface Outcome<Event> {
  /** These events, in this order, and nothing else. */
  then(...events: readonly Event[]): void;
  thenRejected(code: string): void;
  /** Accepted, with nothing to do. */
  thenNothing(): void;
}

export interface Given<Command, Event> {
  when(command: Command): Outcome<Event>;
}

/** Events that happened at a time of their own; plain ones happened at time 0. */
export type History<Event> = Event & { readonly occurredAt?: number };

/**
 * `deciderSpec(decider).given(...).when(...).then(...)`: versions count from 1, as the store would give them.
 *
 * It also checks the rule of every decider: what it decides must be foldable by itself.
 */
export const deciderSpec = <State, Command, Event extends DomainEvent, R extends Rejection>(
  decider: Decider<State, Command, Event, R>,
): { given(...history: readonly History<Event>[]): Given<Command, Event> } => {
  const fold = (from: State, events: readonly History<Event>[], after: number): State =>
    events.reduce<State>(
      (state, event, index) =>
        decider.evolve(state, { ...event, streamVersion: after + index + 1, occurredAt: event.occurredAt ?? 0 }),
      from,
    );
  const decided = (history: readonly History<Event>[], command: Command) => {
    const state = fold(decider.initialState, history, 0);
    const decision = decider.decide(command, state);
    if (decision.kind === 'accepted') fold(state, decision.events, history.length);
    return decision;
  };
  const expectEvents = (history: readonly History<Event>[], command: Command, events: readonly Event[]): void => {
    const decision = decided(history, command);
    deepStrictEqual(decision.kind === 'accepted' ? decision.events : decision, events);
  };
  return {
    given: (...history) => ({
      when: (command) => ({
        then: (...events) => expectEvents(history, command, events),
        thenNothing: () => expectEvents(history, command, []),
        thenRejected: (code) => {
          const decision = decided(history, command);
          strictEqual(decision.kind === 'rejected' ? decision.rejection.code : decision, code);
        },
      }),
    }),
  };
};
