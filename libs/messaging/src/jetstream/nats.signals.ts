import { headers as createHeaders } from '@nats-io/nats-core';
import type { Signals } from '../publisher.js';
import { readHeaders } from './headers.js';
import type { NatsLink } from './nats-link.js';

/** Hints over core NATS. While there is no connection they are dropped: whoever depends on one has another way. */
export class NatsSignals implements Signals {
  constructor(private readonly link: NatsLink) {}

  send(subject: string, message: Parameters<Signals['send']>[1]): void {
    if (!this.link.isConnected()) return;
    const headers = message.headers === undefined ? undefined : createHeaders();
    for (const [name, value] of Object.entries(message.headers ?? {})) headers?.set(name, value);
    try {
      this.link.connection.publish(subject, message.data, { headers });
    } catch (error) {
      this.link.logger.warn('a signal could not be sent', { subject, error });
    }
  }

  listen(subject: string, handler: Parameters<Signals['listen']>[1]): () => void {
    const { connection, logger } = this.link;
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return logger.error('listening for signals failed', { subject, error });
        try {
          handler({ subject: message.subject, headers: readHeaders(message.headers), data: message.data });
        } catch (failure) {
          logger.error('a signal handler failed', { subject: message.subject, error: failure });
        }
      },
    });
    return () => {
      if (!subscription.isClosed()) subscription.unsubscribe();
    };
  }
}
