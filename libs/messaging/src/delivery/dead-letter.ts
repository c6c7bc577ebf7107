import { subjects } from '@cyclone/contracts';
import type { OutgoingMessage } from '../publisher.js';
import type { Delivery } from './delivery.js';

const reasonLengthMax = 1_000;

/** Header values are one line of visible characters. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, reasonLengthMax);

/** The broker's own headers (`Nats-Msg-Id`, `Nats-Expected-...`) would act again if they travelled along. */
const withoutBrokerHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.toLowerCase().startsWith('nats-')));

/** The raw message on its way to `cyclone.dead.<durable>`; the same delivery gives the same id. */
export const deadLetter = (durable: string, delivery: Delivery, reason: string): OutgoingMessage => {
  const { message, origin } = delivery;
  return {
    subject: subjects.dead(durable),
    id: `${durable}.${origin.sequence}.${message.id}`,
    data: message.data,
    headers: {
      ...withoutBrokerHeaders(message.headers),
      'Cyclone-Dead-Reason': headerText(reason),
      'Cyclone-Dead-Subject': message.subject,
      'Cyclone-Dead-Message-Id': headerText(message.id),
      'Cyclone-Dead-Stream': origin.stream,
      'Cyclone-Dead-Sequence': String(origin.sequence),
      'Cyclone-Dead-Deliveries': String(message.deliveryCount),
    },
  };
};

/** For a message that is too large with these headers: what fits, and how much there was. */
export const cutDeadLetter = (letter: OutgoingMessage, bytesMax: number): OutgoingMessage => ({
  ...letter,
  data: letter.data.subarray(0, bytesMax),
  headers: { ...letter.headers, 'Cyclone-Dead-Bytes': String(letter.data.byteLength) },
});
