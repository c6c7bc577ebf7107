import { ServerNats } from '@nestjs/microservices';
import type { NatsContext } from '@nestjs/microservices';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { endsWithin } from '../delivery/within.js';
import type { NatsLink } from '../jetstream/nats-link.js';

/** All instances of a service share its questions: each goes to one of them. */
const queueGroup = 'cyclone-answers';
const drainMs = 10_000;

type Publish = ReturnType<ServerNats['getPublisher']>;
type NatsMessage = Parameters<ServerNats['getPublisher']>[0];

/** Nest's NATS server on the service's own connection. `close` takes no more questions and answers those it has. */
export class AskServer extends ServerNats {
  readonly #subscriptions: Subscription[] = [];
  #unanswered = 0;
  #whenAnswered: (() => void) | undefined;

  constructor(private readonly link: NatsLink) {
    super({ queue: queueGroup });
  }

  override createNatsClient(): Promise<NatsConnection> {
    return Promise.resolve(this.link.connection);
  }

  /** The link logs what happens to the connection. */
  override handleStatusUpdates(): Promise<void> {
    return Promise.resolve();
  }

  /** Ready means that the broker knows of the subscriptions; without a connection it will be told when there is one. */
  override start(callback: () => void): void {
    this.bindEvents(this.link.connection);
    this.link.roundTrip().then(
      () => callback(),
      () => callback(),
    );
  }

  override bindEvents(connection: NatsConnection): void {
    for (const [subject] of this.getHandlers()) {
      const handle = this.getMessageHandler(subject);
      const callback = (error: Error | null, message: unknown): void => void handle.call(this, error, message);
      this.#subscriptions.push(connection.subscribe(subject, { queue: queueGroup, callback }));
    }
  }

  override getPublisher(message: NatsMessage, id: string, context: NatsContext): Publish {
    const publish = super.getPublisher(message, id, context);
    this.#unanswered += 1;
    return (response: { isDisposed?: boolean; err?: unknown }) => {
      try {
        return publish(response);
      } finally {
        if (response.isDisposed === true || response.err !== undefined) this.#answered();
      }
    };
  }

  override async close(): Promise<void> {
    const open = this.#subscriptions.splice(0).filter((subscription) => !subscription.isClosed());
    if (this.link.isConnected())
      await endsWithin(Promise.all(open.map((subscription) => subscription.drain())), drainMs);
    else for (const subscription of open) subscription.unsubscribe();
    if (this.#unanswered === 0) return;
    const allAnswered = new Promise<void>((resolve) => {
      this.#whenAnswered = resolve;
    });
    await endsWithin(allAnswered, drainMs);
  }

  #answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered <= 0) this.#whenAnswered?.();
  }
}
