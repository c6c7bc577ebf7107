import { headers as createHeaders } from '@nats-io/nats-core';
import type { Msg, MsgHdrs } from '@nats-io/nats-core';
import { JetStreamApiError } from '@nats-io/jetstream';
import { BrokerUnavailableError } from '../errors.js';
import type { OutgoingMessage, Publisher } from '../publisher.js';
import { isNoResponders, publishError } from './api-errors.js';
import type { NatsLink } from './nats-link.js';
import type { Provisioner } from './provisioner.js';

export interface JetStreamPublisherOptions {
  readonly link: NatsLink;
  /** With it a stream that vanished is made again and the message published once more; without it the publish is refused. */
  readonly provisioner?: Provisioner;
  readonly timeoutMs?: number;
}

type Stored = Awaited<ReturnType<Publisher['publish']>>;

const timeoutMsDefault = 5_000;

const headersOf = (message: OutgoingMessage): MsgHdrs => {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(message.headers ?? {})) headers.set(name, value);
  headers.set('Nats-Msg-Id', message.id);
  return headers;
};

interface ApiFault {
  readonly code: number;
  readonly err_code: number;
  readonly description: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isApiFault = (value: unknown): value is ApiFault =>
  isRecord(value) && typeof value['err_code'] === 'number' && typeof value['description'] === 'string';

/** The broker's acknowledgement. Throws its error, or one that says that this is no acknowledgement. */
const readAcknowledgement = (reply: Msg): Stored => {
  const answer: unknown = reply.json();
  if (!isRecord(answer))
    throw new BrokerUnavailableError('the broker answered with something else than an acknowledgement');
  if (isApiFault(answer['error'])) throw new JetStreamApiError(answer['error']);
  if (typeof answer['seq'] !== 'number') throw new BrokerUnavailableError('the broker acknowledged without a sequence');
  return { duplicate: answer['duplicate'] === true, streamSequence: answer['seq'] };
};

/**
 * Hands the message to the connection before it returns, so that publishes without waiting between them keep their order.
 */
export class JetStreamPublisher implements Publisher {
  constructor(private readonly options: JetStreamPublisherOptions) {}

  async publish(message: OutgoingMessage): Promise<Stored> {
    try {
      return await this.#send(message);
    } catch (error) {
      const { provisioner } = this.options;
      if (!isNoResponders(error) || provisioner === undefined) throw publishError(message.subject, error);
      return this.#sendAgain(message, provisioner);
    }
  }

  async #send(message: OutgoingMessage): Promise<Stored> {
    const { link, timeoutMs = timeoutMsDefault } = this.options;
    if (!link.isConnected()) throw new BrokerUnavailableError('not connected to NATS');
    return readAcknowledgement(
      await link.connection.request(message.subject, message.data, { headers: headersOf(message), timeout: timeoutMs }),
    );
  }

  async #sendAgain(message: OutgoingMessage, provisioner: Provisioner): Promise<Stored> {
    try {
      await provisioner.streams();
      return await this.#send(message);
    } catch (error) {
      throw publishError(message.subject, error);
    }
  }
}
