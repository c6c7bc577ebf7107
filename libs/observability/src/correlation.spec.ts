import { describe, expect, it } from '@jest/globals';
import { followTrace, traceFromHeaders, traceToHeaders } from './correlation.js';

describe('a trace', () => {
  const trace = { correlationId: 'delivery-1', causationId: 'event-2', traceparent: '00-ab-cd-01' };

  it('travels in headers, whatever becomes of their case', () => {
    expect(traceFromHeaders(traceToHeaders(trace))).toEqual(trace);
    const upper = Object.fromEntries(
      Object.entries(traceToHeaders(trace)).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(traceFromHeaders(upper)).toEqual(trace);
    expect(traceFromHeaders(traceToHeaders({ correlationId: 'a' }))).toEqual({ correlationId: 'a' });
  });

  it.each<Record<string, string>>([
    {},
    { 'cyclone-correlation-id': '' },
    { 'cyclone-correlation-id': 'a b' },
    { 'cyclone-correlation-id': 'x'.repeat(201) },
  ])('is not taken from %o', (headers) => {
    expect(traceFromHeaders(headers)).toBeUndefined();
  });

  it('keeps its first cause and changes its nearest', () => {
    expect(followTrace(trace, 'event-3')).toEqual({ ...trace, causationId: 'event-3' });
  });
});
