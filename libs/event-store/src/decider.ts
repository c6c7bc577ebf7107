/** What `evolve` sees of an event: its data and its place, never the clock. */
export interface EvolvingEvent {
  readonly type: string;
  readonly data: unknown;
  readonly streamVersion: number;
  readonly occurredAt: number;
}

/** A refusal that the domain expects: a value, not an exception. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

export type Decision<Event, R extends Rejection = Rejection> =
  | { readonly kind: 'accepted'; readonly events: readonly Event[] }
  | { readonly kind: 'rejected'; readonly rejection: R };

export const accept = <Event>(...events: readonly Event[]): Decision<Event, never> => ({ kind: 'accepted', events });
/** Nothing to do, and nothing wrong: a repeated or late command. */
export const acceptNothing: Decision<never, never> = { kind: 'accepted', events: [] };
export const reject = <R extends Rejection>(rejection: R): Decision<never, R> => ({ kind: 'rejected', rejection });

/** The pure heart of a stream kind. Time and ids come in the command; nothing here waits or looks around. */
export interface Decider<
  State,
  Command,
  Event extends { readonly type: string; readonly data: unknown },
  R extends Rejection = Rejection,
> {
  readonly initialState: State;
  decide(command: Command, state: State): Decision<Event, R>;
  evolve(state: State, event: Event & Pick<EvolvingEvent, 'streamVersion' | 'occurredAt'>): State;
}
