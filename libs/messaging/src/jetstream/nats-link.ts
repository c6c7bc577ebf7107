import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from '@cyclone/observability';

/** One connection to NATS, shared by everything of one service: streams, signals and asks. */
export interface NatsLink {
  /** For the adapters of this package only. */
  readonly connection: NatsConnection;
  readonly logger: Logger;
  readonly user: string | undefined;
  /** Replies to this connection come under it. */
  readonly inboxPrefix: string;
  isConnected(): boolean;
  /** Milliseconds there and back. Throws BrokerUnavailableError when there is no answer. */
  roundTrip(): Promise<number>;
  /** Called each time the connection is back after a break: what was missed must be fetched. */
  onReconnect(listener: () => void): () => void;
  /** Sends what is still on its way, then ends. Idempotent. */
  close(): Promise<void>;
}
