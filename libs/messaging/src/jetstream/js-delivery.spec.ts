import { describe, expect, it } from '@jest/globals';
import { parseAckSubject } from './js-delivery.js';

describe('the reply subject of a delivery', () => {
  it('is read in its older and its newer form', () => {
    const place = { stream: 'CYCLONE_LOGS', deliveryCount: 2, sequence: 41 };
    expect(parseAckSubject('$JS.ACK.CYCLONE_LOGS.log-svc-ingest.2.41.7.1700000000000000000.3')).toEqual(place);
    expect(parseAckSubject('$JS.ACK._.hash.CYCLONE_LOGS.log-svc-ingest.2.41.7.1700000000000000000.3.token')).toEqual(
      place,
    );
  });

  it.each([undefined, '', '_INBOX.x.1', '$JS.ACK.CYCLONE_LOGS', '$JS.ACK.a.b.x.y.z.1.2'])(
    'is not taken from %s',
    (reply) => {
      expect(parseAckSubject(reply)).toBeUndefined();
    },
  );
});
