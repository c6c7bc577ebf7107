import type { Msg } from '@nats-io/nats-core';
import type { Delivery } from '../delivery/delivery.js';
import { readHeaders } from './headers.js';

const messageIdHeader = 'Nats-Msg-Id';
const reasonLengthMax = 200;
const nanosPerMs = 1_000_000;

/**
 * The reply subject of a delivery says where it is from:
 * `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<stream sequence>.<consumer sequence>.<time>.<pending>[.<token>]`
 */
export const parseAckSubject = (
  reply: string | undefined,
): { readonly stream: string; readonly deliveryCount: number; readonly sequence: number } | undefined => {
  const tokens = reply?.split('.') ?? [];
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined;
  const [stream, , delivered, sequence] = tokens.slice(tokens.length >= 11 ? 4 : 2);
  const deliveryCount = Number(delivered);
  const streamSequence = Number(sequence);
  if (stream === undefined || !Number.isSafeInteger(deliveryCount) || !Number.isSafeInteger(streamSequence))
    return undefined;
  return { stream, deliveryCount, sequence: streamSequence };
};

/** Undefined for what is no delivery. A last word (ack, nak, term) is said once; what comes after it is dropped. */
export const deliveryOf = (message: Msg): Delivery | undefined => {
  const place = parseAckSubject(message.reply);
  if (place === undefined) return undefined;
  const headers = readHeaders(message.headers);
  let isSettled = false;
  const settle = (word: string): void => {
    if (!isSettled) message.respond(word);
    isSettled = true;
  };
  const working = (): void => {
    if (!isSettled) message.respond('+WPI');
  };
  return {
    message: {
      subject: message.subject,
      id: headers[messageIdHeader] ?? `${place.stream}.${place.sequence}`,
      headers,
      data: message.data,
      deliveryCount: place.deliveryCount,
      extend: working,
    },
    origin: { stream: place.stream, sequence: place.sequence },
    ack: () => settle('+ACK'),
    nak: (delayMs) => settle(delayMs === 0 ? '-NAK' : `-NAK {"delay":${Math.round(delayMs * nanosPerMs)}}`),
    terminate: (reason) => settle(`+TERM ${reason.replace(/\s+/g, ' ').slice(0, reasonLengthMax)}`),
    working,
  };
};
