import type { JsMsg } from '@nats-io/jetstream';
import type { Delivery } from '../delivery/delivery.js';
import { readHeaders } from './headers.js';

const messageIdHeader = 'Nats-Msg-Id';

export const deliveryOf = (message: JsMsg, stream: string): Delivery => {
  const headers = readHeaders(message.headers);
  return {
    message: {
      subject: message.subject,
      id: headers[messageIdHeader] ?? `${stream}.${message.seq}`,
      headers,
      data: message.data,
      deliveryCount: message.info.deliveryCount,
      extend: () => message.working(),
    },
    origin: { stream, sequence: message.seq },
    ack: () => message.ack(),
    nak: (delayMs) => message.nak(delayMs),
    terminate: (reason) => message.term(reason.replace(/\s+/g, ' ').slice(0, 200)),
    working: () => message.working(),
  };
};
