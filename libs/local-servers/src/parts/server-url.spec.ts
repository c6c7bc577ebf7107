import { describe, expect, test } from '@jest/globals';
import { firstAddress, withoutPassword } from './server-url.js';

describe("a server's URL", () => {
  test.each([
    ['mongodb://u:p@a.example:1,b.example:2/db?replicaSet=x', { host: 'a.example', port: 1 }],
    ['mongodb://localhost', { host: 'localhost', port: 27017 }],
    ['nats://[::1]:4333', { host: '::1', port: 4333 }],
    ['https://registry.example/v2', { host: 'registry.example', port: 443 }],
    ['mongodb+srv://a.example', undefined],
    ['localhost:27017', undefined],
  ])('%s is reached at %j', (url, address) => {
    expect(firstAddress(url)).toEqual(address);
  });

  test.each([
    ['redis://:secret@127.0.0.1:1', 'redis://***@127.0.0.1:1'],
    ['nats://token@a:1', 'nats://***@a:1'],
    ['mongodb://u:p@ss@a:1/db', 'mongodb://***@a:1/db'],
    ['nats://a:1', 'nats://a:1'],
  ])('%s is shown without its password', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
