import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Headers } from './forge.js';
import { forgeNamed } from './forges.js';

const nowMs = Date.UTC(2026, 4, 15);
const timestamp = String(nowMs / 1000);

describe("GitLab's signed form", () => {
  const body = readFileSync(`${import.meta.dirname}/fixtures/gitlab-push.json`);
  const key = Buffer.from('0123456789abcdef0123456789abcdef');
  const signed = `whsec_${key.toString('base64')}`;
  const headers = (at: string, id = 'msg-1'): Headers => ({
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64')} v1,bm90aGluZw==`,
  });
  const verify = (given: Headers) => forgeNamed('gitlab').verify({ body, headers: given, secret: signed, nowMs }).kind;

  it('is taken', () => expect(verify(headers(timestamp))).toBe('good'));
  it('is refused when it is old', () => expect(verify(headers(String(nowMs / 1000 - 301)))).toBe('refused'));
  it('is refused under another id', () =>
    expect(verify({ ...headers(timestamp), 'webhook-id': 'msg-2' })).toBe('refused'));
  it('does not fall back to the token when the signature is wrong', () => {
    expect(verify({ ...headers(timestamp), 'webhook-signature': 'v1,AAAA', 'x-gitlab-token': signed })).toBe('refused');
  });
  it('names the delivery', () =>
    expect(forgeNamed('gitlab').identify({ body, headers: headers(timestamp) }).deliveryId).toBe('msg-1'));
});
