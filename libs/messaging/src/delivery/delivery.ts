import type { IncomingMessage } from '../consumer.js';

/** One try at one message, with the four things that can be said of it. Each adapter makes its own; the rest of this folder is shared. */
export interface Delivery {
  readonly message: IncomingMessage;
  /** Place of the message, for the dead letter. */
  readonly origin: { readonly stream: string; readonly sequence: number };
  ack(): void;
  nak(delayMs: number): void;
  terminate(reason: string): void;
  working(): void;
}

/** Where a source puts what it got. Unstarted deliveries belong to the sink until it settles them or gives them back. */
export interface DeliverySink {
  add(delivery: Delivery): void;
  /** How many more it would hold. */
  free(): number;
  /** Calls whenever there is more room than before. One listener at a time. */
  onRoom(listener: () => void): void;
  /** Starts nothing more, gives back what has not begun, waits for what has, at most so long. */
  drain(graceMs: number): Promise<void>;
}
