export interface OutgoingMessage {
  readonly subject: string;
  /** The same id within the stream's window is stored once. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
}

/**
 * `publish` resolves once the broker has stored the message (or had it already: `duplicate`). It throws
 * {@link PublishRefusedError} when the stream is full, and {@link BrokerUnavailableError} when nobody answered:
 * then whether it was stored is unknown, and publishing again with the same id is right. Messages published one
 * after the other without waiting keep their order on one connection, as long as none of them fails.
 */
export interface Publisher {
  publish(message: OutgoingMessage): Promise<{ readonly duplicate: boolean; readonly streamSequence: number }>;
}

/** Hints over core NATS: at most once, no order over reconnects, never the only way. */
export interface Signals {
  send(
    subject: string,
    message: { readonly headers?: Readonly<Record<string, string>>; readonly data?: Uint8Array },
  ): void;
  listen(
    subject: string,
    handler: (signal: { subject: string; headers: Readonly<Record<string, string>>; data: Uint8Array }) => void,
  ): () => void;
}
