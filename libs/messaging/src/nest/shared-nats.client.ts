import { ClientNats } from '@nestjs/microservices';
import { BrokerUnavailableError } from '../errors.js';
import type { NatsLink } from '../jetstream/nats-link.js';

/** Nest's NATS client on the connection that the service has anyway; whoever opened it closes it. */
export class SharedNatsClient extends ClientNats {
  constructor(private readonly link: NatsLink) {
    super({ inboxPrefix: link.inboxPrefix });
    this.natsClient = link.connection;
  }

  override connect(): Promise<unknown> {
    if (this.link.isConnected()) return Promise.resolve(this.link.connection);
    return Promise.reject(new BrokerUnavailableError('not connected to NATS'));
  }

  override close(): Promise<void> {
    this.handleClose();
    return Promise.resolve();
  }
}
