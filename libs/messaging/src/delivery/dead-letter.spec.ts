import { describe, expect, it } from '@jest/globals';
import { cutDeadLetter, deadLetter } from './dead-letter.js';
import type { Delivery } from './delivery.js';
import { defaultRetryDelay } from './retry-delay.js';

const nothing = (): void => undefined;
const delivery: Delivery = {
  message: {
    subject: 'cyclone.log.p.b.j.s',
    id: 'm1',
    headers: { 'Nats-Msg-Id': 'm1', 'nats-expected-stream': 'X', seq: '3' },
    data: new Uint8Array(10),
    deliveryCount: 8,
    extend: nothing,
  },
  origin: { stream: 'CYCLONE_LOGS', sequence: 9 },
  ack: nothing,
  nak: nothing,
  terminate: nothing,
  working: nothing,
};

describe('a dead letter', () => {
  it('keeps the raw bytes and the headers, without those that would act again in the broker', () => {
    const letter = deadLetter('log-svc-ingest', delivery, 'bad\r\nInjected: yes');
    expect(letter.subject).toBe('cyclone.dead.log-svc-ingest');
    expect(letter.data).toBe(delivery.message.data);
    expect(letter.headers).toEqual({
      seq: '3',
      'Cyclone-Dead-Reason': 'bad Injected: yes',
      'Cyclone-Dead-Subject': 'cyclone.log.p.b.j.s',
      'Cyclone-Dead-Message-Id': 'm1',
      'Cyclone-Dead-Stream': 'CYCLONE_LOGS',
      'Cyclone-Dead-Sequence': '9',
      'Cyclone-Dead-Deliveries': '8',
    });
  });

  it('has the same id each time, so that it is stored once', () => {
    expect(deadLetter('c', delivery, 'a').id).toBe(deadLetter('c', delivery, 'b').id);
  });

  it('can be cut, and says how much there was', () => {
    const cut = cutDeadLetter(deadLetter('c', delivery, 'a'), 4);
    expect(cut.data.byteLength).toBe(4);
    expect(cut.headers).toMatchObject({ 'Cyclone-Dead-Bytes': '10' });
  });
});

describe('the back-off', () => {
  it('grows from a second to a quarter of an hour', () => {
    expect([1, 2, 3, 7, 8, 100].map(defaultRetryDelay)).toEqual([1_000, 3_000, 9_000, 729_000, 900_000, 900_000]);
  });
});
