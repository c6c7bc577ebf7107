import { expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { createClientAddress } from './client-address.js';

const addressOf = createClientAddress(['10.0.0.0/8', '::1']);
const from = (remoteAddress: string, forwarded?: string): string =>
  addressOf({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage);

it.each<[string, string | undefined, string]>([
  ['203.0.113.9', undefined, '203.0.113.9'],
  ['203.0.113.9', '1.1.1.1', '203.0.113.9'],
  ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ['::ffff:10.0.0.1', '6.6.6.6, 1.1.1.1, 10.9.9.9', '1.1.1.1'],
  ['::1', 'nonsense', '::1'],
  ['10.0.0.1', undefined, '10.0.0.1'],
])('%s with X-Forwarded-For %s is %s', (remote, forwarded, expected) => expect(from(remote, forwarded)).toBe(expected));

it('says which entry of the configuration is none', () =>
  expect(() => createClientAddress(['proxy.local'])).toThrow('proxy.local'));
